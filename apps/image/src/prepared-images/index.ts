export { PreparedImages } from './prepared-images.js';
