import { Module } from '@nestjs/common';
import { S3Api } from './s3.api.js';

@Module({ providers: [S3Api], exports: [S3Api] })
export class S3Module {}
