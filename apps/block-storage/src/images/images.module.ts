import { Module } from '@nestjs/common';
import { ImageCalls } from './image-calls.js';
import { ImageUploads } from './image-uploads.js';

@Module({ providers: [ImageCalls, ImageUploads], exports: [ImageCalls, ImageUploads] })
export class ImagesModule {}
