export { Cors } from './cors.js';
