import { Module, type OnModuleInit } from '@nestjs/common';
import { commandFailed, guestReport, hostReport } from '@virga/contracts-compute';
import { onReport, ServiceBus } from '@virga/messaging';
import { GuestsModule } from '../guests/index.js';
import { PlacementModule } from '../placement/index.js';
import { COMPUTE_AGENT } from './host.js';
import { HostReports } from './host-reports.js';
import { HostsRepository } from './hosts.repository.js';

@Module({ imports: [GuestsModule, PlacementModule], providers: [HostsRepository, HostReports], exports: [HostsRepository] })
export class HostsModule implements OnModuleInit {
  constructor(private readonly bus: ServiceBus, private readonly reports: HostReports) {}

  onModuleInit(): void {
    this.bus.onReports(COMPUTE_AGENT, [
      onReport(guestReport, (body, delivery) => this.reports.guest(body, delivery)),
      onReport(commandFailed, (body, delivery) => this.reports.failure(body, delivery)),
      onReport(hostReport, (body, delivery) => this.reports.host(body, delivery)),
    ]);
  }
}
