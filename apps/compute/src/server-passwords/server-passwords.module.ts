import { Module } from '@nestjs/common';
import { ServersModule } from '../servers/index.js';
import { ServerPasswordsController } from './server-passwords.controller.js';
import { ServerPasswordsRepository } from './server-passwords.repository.js';
import { ServerPasswordsService } from './server-passwords.service.js';

@Module({ imports: [ServersModule], controllers: [ServerPasswordsController], providers: [ServerPasswordsRepository, ServerPasswordsService] })
export class ServerPasswordsModule {}
