export { VolumeKeySource, type VolumeKeySourceOptions } from './volume-key-source.js';
