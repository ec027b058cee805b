export { ServerImagesModule } from './server-images.module.js';
