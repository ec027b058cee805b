import { Module } from '@nestjs/common';
import { BlockDevicesModule } from '../block-devices/index.js';
import { BlockStorageModule } from '../block-storage/index.js';
import { ImagesModule } from '../images/index.js';
import { ServersModule } from '../servers/index.js';
import { CreateServerImage } from './create-server-image.operation.js';
import { EmptyImages } from './empty-images.js';
import { ServerImagesController } from './server-images.controller.js';
import { ImageParts, ServerImages } from './server-images.service.js';

@Module({
  imports: [ServersModule, BlockDevicesModule, BlockStorageModule, ImagesModule],
  controllers: [ServerImagesController],
  providers: [ImageParts, ServerImages, EmptyImages, CreateServerImage],
})
export class ServerImagesModule {}
