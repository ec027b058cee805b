import { Module, type DynamicModule } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ImagesModule } from '../images/index.js';
import { DownloadsController } from './downloads.controller.js';
import { DownloadsService } from './downloads.service.js';
import { Tickets } from './tickets.js';

@Module({})
export class DownloadsModule {
  static forRoot(tickets: Tickets): DynamicModule {
    return {
      module: DownloadsModule, imports: [ImagesModule, BlobsModule], controllers: [DownloadsController],
      providers: [DownloadsService, { provide: Tickets, useValue: tickets }],
    };
  }
}
