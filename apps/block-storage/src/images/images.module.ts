import { Module } from '@nestjs/common';
import { ImageCalls } from './image-calls.js';

@Module({ providers: [ImageCalls], exports: [ImageCalls] })
export class ImagesModule {}
