export { S3ObjectStore, type S3StoreOptions } from './s3-object-store.js';
