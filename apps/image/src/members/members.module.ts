import { Module } from '@nestjs/common';
import { ImagesModule } from '../images/index.js';
import { MembersController } from './members.controller.js';
import { MembersRepository } from './members.repository.js';
import { MembersService } from './members.service.js';

@Module({ imports: [ImagesModule], controllers: [MembersController], providers: [MembersRepository, MembersService] })
export class MembersModule {}
