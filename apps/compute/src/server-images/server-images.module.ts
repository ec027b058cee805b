import { Module } from '@nestjs/common';
import { BlockDevicesModule } from '../block-devices/index.js';
import { BlockStorageModule } from '../block-storage/index.js';
import { GuestsModule } from '../guests/index.js';
import { HostsModule } from '../hosts/index.js';
import { ImagesModule } from '../images/index.js';
import { ServersModule } from '../servers/index.js';
import { CreateDiskImage } from './create-disk-image.operation.js';
import { CreateServerImage } from './create-server-image.operation.js';
import { EmptyImages } from './empty-images.js';
import { ServerImagesController } from './server-images.controller.js';
import { ImageParts, ServerImages } from './server-images.service.js';

@Module({
  imports: [ServersModule, GuestsModule, HostsModule, BlockDevicesModule, BlockStorageModule, ImagesModule],
  controllers: [ServerImagesController],
  providers: [ImageParts, ServerImages, EmptyImages, CreateServerImage, CreateDiskImage],
})
export class ServerImagesModule {}
