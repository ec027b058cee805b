import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { Containers } from './containers.js';
import { ContainersRepository } from './containers.repository.js';

@Module({ imports: [AccountsModule], providers: [Containers, ContainersRepository], exports: [Containers] })
export class ContainersModule {}
