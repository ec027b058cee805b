import { Module } from '@nestjs/common';
import { InterfacesModule } from '../interfaces/index.js';
import { NetworkModule } from '../network/index.js';
import { ServersModule } from '../servers/index.js';
import { FixedIpsController } from './fixed-ips.controller.js';
import { FixedIpsService } from './fixed-ips.service.js';

@Module({ imports: [ServersModule, InterfacesModule, NetworkModule], controllers: [FixedIpsController], providers: [FixedIpsService] })
export class FixedIpsModule {}
