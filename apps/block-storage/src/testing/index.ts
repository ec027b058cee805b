export { AFTERWARDS, GUESTS_HOST } from './simulated-compute.js';
export { BlockStorageProcess, BlockStorageWorld, IMAGE, inVersion, LATEST, STORAGE_SECRET, type ProcessParts } from './block-storage-world.js';
export { useBlockStorageDatabase, useBlockStorageWorld, useSharedBlockStorageWorld } from './use-block-storage-world.js';
export { BrokeredSurroundings } from './brokered-surroundings.js';
export { SurvivalWorld } from './survival-world.js';
export { anImage, SimulatedSurroundings } from './simulated-surroundings.js';
export { SimulatedStorageHost } from './simulated-storage-host.js';
