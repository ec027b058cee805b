import { Module } from '@nestjs/common';
import { Projects } from '../projects/index.js';
import { ChosenTypesRepository } from './chosen-types.repository.js';
import { TypeAccessRepository } from './type-access.repository.js';
import { TypeAccessService } from './type-access.service.js';
import { TypeEncryptionController } from './type-encryption.controller.js';
import { TypeEncryptionRepository } from './type-encryption.repository.js';
import { TypeEncryptionService } from './type-encryption.service.js';
import { TypeExtraSpecsService } from './type-extra-specs.service.js';
import { VolumeTypesController } from './volume-types.controller.js';
import { VolumeTypesRepository } from './volume-types.repository.js';
import { VolumeTypesService } from './volume-types.service.js';

@Module({
  controllers: [VolumeTypesController, TypeEncryptionController],
  providers: [
    ChosenTypesRepository, VolumeTypesRepository, TypeAccessRepository, TypeEncryptionRepository, VolumeTypesService, TypeExtraSpecsService, TypeAccessService,
    TypeEncryptionService, Projects,
  ],
  exports: [ChosenTypesRepository, VolumeTypesRepository, TypeEncryptionRepository],
})
export class VolumeTypesModule {}
