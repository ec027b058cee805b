import { Module } from '@nestjs/common';
import { InterfacesModule } from '../interfaces/index.js';
import { ServersModule } from '../servers/index.js';
import { FloatingIpsController } from './floating-ips.controller.js';
import { FloatingIpsService } from './floating-ips.service.js';
import { PortOwnersRepository } from './port-owners.repository.js';

@Module({ imports: [ServersModule, InterfacesModule], controllers: [FloatingIpsController], providers: [FloatingIpsService, PortOwnersRepository] })
export class FloatingIpsModule {}
