import { Module } from '@nestjs/common';
import { PlacementModule } from '../placement.module.js';
import { AllocationWrites } from './allocation-writes.js';
import { AllocationsController } from './allocations.controller.js';
import { AllocationsRepository } from './allocations.repository.js';
import { AllocationsService } from './allocations.service.js';
import { CandidatesController } from './candidates.controller.js';
import { CandidatesRepository } from './candidates.repository.js';
import { CandidatesService } from './candidates.service.js';
import { ClassesController } from './classes.controller.js';
import { ClassesRepository } from './classes.repository.js';
import { ClassesService } from './classes.service.js';
import { InventoriesController } from './inventories.controller.js';
import { InventoriesRepository } from './inventories.repository.js';
import { InventoriesService } from './inventories.service.js';
import { MembershipsController } from './memberships.controller.js';
import { MembershipsService } from './memberships.service.js';
import { Names } from './names.js';
import { ProvidersController } from './providers.controller.js';
import { ProvidersRepository } from './providers.repository.js';
import { ProvidersService } from './providers.service.js';
import { ReshaperService } from './reshaper.service.js';
import { TraitsController } from './traits.controller.js';
import { TraitsRepository } from './traits.repository.js';
import { TraitsService } from './traits.service.js';

/** The Placement API over the ledger that compute claims from. */
@Module({
  imports: [PlacementModule],
  controllers: [ProvidersController, InventoriesController, TraitsController, ClassesController, AllocationsController, CandidatesController, MembershipsController],
  providers: [
    Names, ProvidersRepository, ProvidersService, InventoriesRepository, InventoriesService, TraitsRepository, TraitsService, ClassesRepository, ClassesService,
    AllocationsRepository, AllocationsService, AllocationWrites, CandidatesRepository, CandidatesService, MembershipsService, ReshaperService,
  ],
})
export class PlacementApiModule {}
