export { BootImages } from './boot-images.js';
