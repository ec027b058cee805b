import { Module } from '@nestjs/common';
import { ProjectNetworksController } from './project-networks.controller.js';
import { ProjectNetworksService } from './project-networks.service.js';

@Module({ controllers: [ProjectNetworksController], providers: [ProjectNetworksService] })
export class ProjectNetworksModule {}
