import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/index.js';
import { ImagesModule } from '../images/index.js';
import { AbandonedUploads } from './abandoned-uploads.js';
import { UploadAccess } from './upload-access.js';
import { UploadsController } from './uploads.controller.js';
import { UploadsService } from './uploads.service.js';

@Module({ imports: [ImagesModule, BlobsModule], controllers: [UploadsController], providers: [UploadsService, UploadAccess, AbandonedUploads], exports: [AbandonedUploads] })
export class UploadsModule {}
