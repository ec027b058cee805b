export { S3Api } from './s3.api.js';
export { S3Module } from './s3.module.js';
