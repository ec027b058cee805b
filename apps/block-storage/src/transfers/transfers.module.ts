import { Module } from '@nestjs/common';
import { VolumeActionsModule, VolumesModule } from '../volumes/index.js';
import { TransferredVolumes } from './transferred-volumes.js';
import { TransfersController } from './transfers.controller.js';
import { TransfersRepository } from './transfers.repository.js';
import { TransfersService } from './transfers.service.js';

@Module({ imports: [VolumesModule, VolumeActionsModule], providers: [TransferredVolumes, TransfersRepository, TransfersService], controllers: [TransfersController] })
export class TransfersModule {}
