import { Module } from '@nestjs/common';
import { BlockDevicesModule } from '../block-devices/index.js';
import { BlockStorageModule } from '../block-storage/index.js';
import { FlavorsModule } from '../flavors/index.js';
import { GuestsModule } from '../guests/index.js';
import { HostsModule } from '../hosts/index.js';
import { ImagesModule } from '../images/index.js';
import { InterfacesModule } from '../interfaces/index.js';
import { KeypairsModule } from '../keypairs/index.js';
import { NetworkModule } from '../network/index.js';
import { PlacementModule } from '../placement/index.js';
import { SchedulingModule } from '../scheduling/index.js';
import { ServerGroupsModule } from '../server-groups/index.js';
import { CreateServers } from './create-servers.js';
import { GuestDebtPayer, GuestDebts, PortDebtPayer, VolumeDebtPayer } from './debt-payers.js';
import { DeviceCheck } from './device-check.js';
import { HostCommands } from './host-commands.js';
import { AttachInterface } from './operations/attach-interface.operation.js';
import { CreateServer, CreateServer1 } from './operations/create-server.operation.js';
import { DeleteServer, DeleteServer1 } from './operations/delete-server.operation.js';
import { DetachInterface } from './operations/detach-interface.operation.js';
import { HardRebootServer, PauseServer, RebootServer, StartServer, StopServer, UnpauseServer } from './operations/power-server.operations.js';
import { PowerSteps } from './operations/power-steps.js';
import { RebuildServer, RebuildServer1 } from './operations/rebuild-server.operation.js';
import { Rebuilds, RebuiltVolumes } from './rebuild.service.js';
import { RootVolume } from './root-volume.js';
import { ReshapeSteps } from './operations/reshape-steps.js';
import { ResizeServer, RevertResize } from './operations/resize-server.operations.js';
import { ResizeParts, Resizes } from './resizes.service.js';
import { ServerAccess } from './server-access.js';
import { ServerActionsController } from './server-actions.controller.js';
import { ServerActions } from './server-actions.service.js';
import { ServerBuild } from './server-build.js';
import { ServerChanges } from './server-changes.js';
import { ServerConsole } from './server-console.service.js';
import { ServerDetailsRepository } from './server-details.repository.js';
import { ServerHistoryController } from './server-history.controller.js';
import { ServerHistoryKeeper } from './server-history-keeper.js';
import { ServerHistory } from './server-history.service.js';
import { ServerInterfacesController } from './server-interfaces.controller.js';
import { ServerInterfaces } from './server-interfaces.service.js';
import { ServerMetadataController } from './server-metadata.controller.js';
import { ServerMetadata } from './server-metadata.service.js';
import { ServersController } from './servers.controller.js';
import { ServersRepository } from './servers.repository.js';
import { ServersService } from './servers.service.js';
import { ServerTagsController } from './server-tags.controller.js';
import { ServerTags } from './server-tags.service.js';
import { ServerSurroundings, ServerTeardown } from './server-teardown.js';
import { ServerVolumes } from './server-volumes.js';
import { DiskDecisions } from './disk-decisions.js';
import { InterfacesReconciler } from './interfaces.reconciler.js';
import { LeftoversReconciler } from './leftovers.reconciler.js';
import { LeftoversRepository } from './leftovers.repository.js';
import { ServersReconciler } from './servers.reconciler.js';
import { ImageDebtPayer, UnfinishedImages } from './unfinished-images.js';
import { NamedThings, WishCheck } from './wish-check.js';

const operations = [
  CreateServer, CreateServer1, DeleteServer, DeleteServer1, RebuildServer, RebuildServer1, ResizeServer, RevertResize, AttachInterface, DetachInterface, StartServer, StopServer, PauseServer, UnpauseServer, RebootServer, HardRebootServer,
];

@Module({
  imports: [
    FlavorsModule, KeypairsModule, ImagesModule, NetworkModule, BlockStorageModule, BlockDevicesModule, InterfacesModule, GuestsModule, HostsModule, PlacementModule, SchedulingModule, ServerGroupsModule,
  ],
  controllers: [
    ServersController, ServerActionsController, ServerMetadataController, ServerTagsController, ServerInterfacesController, ServerHistoryController,
  ],
  providers: [
    ServersRepository, ServerDetailsRepository, ServerAccess, ServersService, NamedThings, WishCheck, CreateServers, ServerChanges, ServerActions, Rebuilds, RebuiltVolumes, RootVolume,
    ServerMetadata, ServerTags, ServerInterfaces, ServerHistory, ServerHistoryKeeper, ServerConsole, HostCommands, ServerBuild, ServerVolumes, ServerSurroundings, ServerTeardown, DeviceCheck, DiskDecisions, PowerSteps, ReshapeSteps,
    ResizeParts, Resizes,
    GuestDebts, GuestDebtPayer, PortDebtPayer, VolumeDebtPayer, UnfinishedImages, ImageDebtPayer, LeftoversRepository, ServersReconciler, LeftoversReconciler, InterfacesReconciler, ...operations,
  ],
  exports: [ServersRepository, ServerAccess, ServerDetailsRepository, HostCommands],
})
export class ServersModule {}
