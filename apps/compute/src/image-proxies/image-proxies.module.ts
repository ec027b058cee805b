import { Module } from '@nestjs/common';
import { ImageProxiesController } from './image-proxies.controller.js';
import { ImageProxiesService } from './image-proxies.service.js';

@Module({ controllers: [ImageProxiesController], providers: [ImageProxiesService] })
export class ImageProxiesModule {}
