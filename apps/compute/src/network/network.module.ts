import { Module } from '@nestjs/common';
import { NetworkCalls } from './network-calls.js';

@Module({ providers: [NetworkCalls], exports: [NetworkCalls] })
export class NetworkModule {}
