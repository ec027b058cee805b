export { ImageCalls, type ImageAsker } from './image-calls.js';
export { ImagesModule } from './images.module.js';
