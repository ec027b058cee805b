import { Module } from '@nestjs/common';
import { Projects } from '../projects/index.js';
import { ExtraSpecsService } from './extra-specs.service.js';
import { FlavorAccessService } from './flavor-access.service.js';
import { FlavorDetailsController } from './flavor-details.controller.js';
import { FlavorsController } from './flavors.controller.js';
import { FlavorsRepository } from './flavors.repository.js';
import { FlavorsService } from './flavors.service.js';

@Module({
  controllers: [FlavorsController, FlavorDetailsController],
  providers: [FlavorsRepository, FlavorsService, ExtraSpecsService, FlavorAccessService, Projects],
  exports: [FlavorsRepository],
})
export class FlavorsModule {}
