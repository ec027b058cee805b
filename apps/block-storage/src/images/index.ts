export { ImageCalls, type ImageAsker } from './image-calls.js';
export { ImageUploads, type ImageWish } from './image-uploads.js';
export { TICKET_KEY } from './ticket-key.js';
export { ImagesModule } from './images.module.js';
