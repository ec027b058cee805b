export { ComputeProcess, ComputeWorld, FLAVOR, IMAGE, METADATA_SECRET, type ProcessParts } from './compute-world.js';
export { useComputeDatabase, useComputeWorld } from './use-compute-world.js';
export { inVersion, useSharedComputeWorld, type ConnectedWorld } from './furnished-world.js';
export { aBootImage, SimulatedCloud } from './simulated-cloud.js';
export { SimulatedHost, type SimulatedGuest } from './simulated-host.js';
export { SimulatedNetwork } from './simulated-network.js';
export { BrokeredCloud } from './brokered-cloud.js';
export { PUBLIC_KEY, SceneWorld } from './scene-world.js';
export { SurvivalWorld } from './survival-world.js';
