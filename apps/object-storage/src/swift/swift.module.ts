import { Module } from '@nestjs/common';
import { SwiftApi } from './swift.api.js';

@Module({ providers: [SwiftApi], exports: [SwiftApi] })
export class SwiftModule {}
