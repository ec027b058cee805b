export { swiftReference } from './swift/index.js';
