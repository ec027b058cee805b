import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ImagesController } from './images.controller.js';
import { ImagesRepository } from './images.repository.js';
import { ImagesService } from './images.service.js';
import { TicketedImages } from './ticketed-images.js';

@Module({
  imports: [BlobsModule], controllers: [ImagesController], providers: [ImagesRepository, ImagesService, TicketedImages], exports: [ImagesRepository, ImagesService, TicketedImages],
})
export class ImagesModule {}
