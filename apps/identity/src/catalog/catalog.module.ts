import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { CatalogService } from './catalog.service.js';
import { EndpointsRepository } from './endpoints.repository.js';
import { RegionsController } from './regions.controller.js';
import { RegionsRepository } from './regions.repository.js';
import { RegionsService } from './regions.service.js';
import { ServicesRepository } from './services.repository.js';

@Module({
  controllers: [CatalogController, RegionsController],
  providers: [ServicesRepository, EndpointsRepository, RegionsRepository, CatalogService, RegionsService],
})
export class CatalogModule {}
