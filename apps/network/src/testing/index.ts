export { NetworkWorld, useNetwork, type Json, type NetworkWorldOptions } from './network-world.js';
export { networkScenes } from './network-scenes.js';
