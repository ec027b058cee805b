import { Module } from '@nestjs/common';
import { BackendsRepository } from './backends.repository.js';
import { StorageCommands } from './storage-commands.js';

@Module({ providers: [BackendsRepository, StorageCommands], exports: [BackendsRepository, StorageCommands] })
export class BackendsModule {}
