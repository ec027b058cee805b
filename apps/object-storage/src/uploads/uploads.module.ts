import { Module } from '@nestjs/common';
import { ObjectsModule } from '../objects/index.js';
import { Uploads } from './uploads.js';
import { UploadsRepository } from './uploads.repository.js';

@Module({ imports: [ObjectsModule], providers: [Uploads, UploadsRepository], exports: [Uploads] })
export class UploadsModule {}
