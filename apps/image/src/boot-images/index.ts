export { BootImages, bootImage } from './boot-images.js';
