import { Module } from '@nestjs/common';
import { ImageMetadataController } from './image-metadata.controller.js';
import { ImageMetadataService } from './image-metadata.service.js';
import { ImageProxiesController } from './image-proxies.controller.js';
import { ImageProxiesService } from './image-proxies.service.js';

@Module({ controllers: [ImageProxiesController, ImageMetadataController], providers: [ImageProxiesService, ImageMetadataService] })
export class ImageProxiesModule {}
