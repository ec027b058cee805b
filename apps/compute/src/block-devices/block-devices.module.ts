import { Module, type OnModuleInit } from '@nestjs/common';
import { attachmentChanged, snapshotChanged, volumeChanged } from '@virga/contracts-block-storage';
import { on, ServiceBus } from '@virga/messaging';
import { BlockDevicesRepository } from './block-devices.repository.js';
import { VolumeEvents } from './volume-events.js';

@Module({ providers: [BlockDevicesRepository, VolumeEvents], exports: [BlockDevicesRepository] })
export class BlockDevicesModule implements OnModuleInit {
  constructor(private readonly bus: ServiceBus, private readonly events: VolumeEvents) {}

  onModuleInit(): void {
    this.bus.onEvents([
      on(attachmentChanged, (body) => this.events.attachmentChanged(body)),
      on(volumeChanged, (body) => this.events.volumeChanged(body)),
      on(snapshotChanged, (body) => this.events.volumeChanged(body)),
    ]);
  }
}
