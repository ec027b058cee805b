import { Module, type DynamicModule } from '@nestjs/common';
import { GuestMetadataController } from './guest-metadata.controller.js';
import { GuestMetadataService, METADATA_SECRET } from './guest-metadata.service.js';
import { GuestsRepository } from './guests.repository.js';

@Module({})
export class GuestMetadataModule {
  /** `secret` is what every host signs forwarded requests with. */
  static forRoot(secret: string): DynamicModule {
    return {
      module: GuestMetadataModule, controllers: [GuestMetadataController],
      providers: [GuestsRepository, GuestMetadataService, { provide: METADATA_SECRET, useValue: secret }],
    };
  }
}
