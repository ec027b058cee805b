import { Module, type OnModuleInit } from '@nestjs/common';
import { attachedVolumeGrew } from '@virga/contracts-block-storage';
import { on, ServiceBus } from '@virga/messaging';
import { BlockDevicesModule } from '../block-devices/index.js';
import { BlockStorageModule } from '../block-storage/index.js';
import { GuestsModule } from '../guests/index.js';
import { HostsModule } from '../hosts/index.js';
import { ServersModule } from '../servers/index.js';
import { BlockDevicesReconciler, ReconciledParts } from './block-devices.reconciler.js';
import { DeviceConnection } from './device-connection.js';
import { DeviceOperations } from './device-operations.js';
import { DeviceRemoval } from './device-removal.js';
import { DiskMoves } from './disk-moves.js';
import { GrowthEvents } from './growth-events.js';
import { GuestDisks } from './guest-disks.js';
import { AttachVolume } from './operations/attach-volume.operation.js';
import { DetachVolume } from './operations/detach-volume.operation.js';
import { GrowVolume } from './operations/grow-volume.operation.js';
import { SwapVolume } from './operations/swap-volume.operation.js';
import { VolumeAttachmentsController } from './volume-attachments.controller.js';
import { VolumeSwaps } from './volume-swaps.service.js';
import { VolumeAttachments } from './volume-attachments.service.js';

@Module({
  imports: [ServersModule, BlockDevicesModule, BlockStorageModule, GuestsModule, HostsModule],
  controllers: [VolumeAttachmentsController],
  providers: [VolumeAttachments, DeviceOperations, DeviceRemoval, GuestDisks, GrowthEvents, ReconciledParts, BlockDevicesReconciler, AttachVolume, DetachVolume, GrowVolume, SwapVolume, DeviceConnection, VolumeSwaps, DiskMoves],
})
export class VolumeAttachmentsModule implements OnModuleInit {
  constructor(private readonly bus: ServiceBus, private readonly growth: GrowthEvents, private readonly moves: DiskMoves) {}

  onModuleInit(): void {
    this.bus.answer([this.moves.answerer()]);
    this.bus.onEvents([on(attachedVolumeGrew, (body, { requestId }) => this.growth.grew(body, requestId))]);
  }
}
