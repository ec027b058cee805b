export { ImageCalls } from './image-calls.js';
export { seedFrom, requireFits, type SeedImage } from './seed-image.js';
export { ImagesModule } from './images.module.js';
