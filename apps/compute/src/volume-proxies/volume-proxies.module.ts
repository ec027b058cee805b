import { Module } from '@nestjs/common';
import { VolumeProxiesController } from './volume-proxies.controller.js';
import { VolumeProxies } from './volume-proxies.service.js';

@Module({ controllers: [VolumeProxiesController], providers: [VolumeProxies] })
export class VolumeProxiesModule {}
