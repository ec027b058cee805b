import { Module } from '@nestjs/common';
import { Objects } from './objects.js';

@Module({ providers: [Objects], exports: [Objects] })
export class ObjectsModule {}
