export { s3Reference } from './s3/index.js';
export { swiftReference } from './swift/index.js';
