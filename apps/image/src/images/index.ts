export { ImagesModule } from './images.module.js';
export { ImagesService } from './images.service.js';
export { ImagesRepository } from './images.repository.js';
export { TicketedImages } from './ticketed-images.js';
export { ImageExists, ImageNotFound, ImageState, ownProperties, READ_ONLY, RESERVED_PREFIX, type Image, type ImageId } from './image.js';
export { wireTime } from './images.views.js';
