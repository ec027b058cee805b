import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ImagesModule } from '../images/index.js';
import { DownloadsController } from './downloads.controller.js';
import { DownloadsService } from './downloads.service.js';

@Module({ imports: [ImagesModule, BlobsModule], controllers: [DownloadsController], providers: [DownloadsService] })
export class DownloadsModule {}
