export { S3Api } from './s3.api.js';
export { S3Module } from './s3.module.js';
export { s3Reference } from './reference.js';
