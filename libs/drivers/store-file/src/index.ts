export { FileImageStore } from './file-image-store.js';
export { SimImageStore } from './sim/sim-image-store.js';
