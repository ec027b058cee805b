import { Module } from '@nestjs/common';
import { PasswordsModule } from '../passwords/index.js';
import { ProjectsModule } from '../projects/index.js';
import { UsersController } from './users.controller.js';
import { UsersRepository } from './users.repository.js';
import { UsersService } from './users.service.js';

@Module({ imports: [PasswordsModule, ProjectsModule], controllers: [UsersController], providers: [UsersRepository, UsersService], exports: [UsersRepository, UsersService] })
export class UsersModule {}
