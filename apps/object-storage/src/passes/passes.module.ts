import { Module } from '@nestjs/common';
import { Passes } from './passes.js';
import { PassesRepository } from './passes.repository.js';

@Module({ providers: [Passes, PassesRepository], exports: [Passes] })
export class PassesModule {}
