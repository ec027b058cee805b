import { Module, type OnModuleInit } from '@nestjs/common';
import { exportReport, snapshotReport, storageCommandFailed, storageReport, taskReport, volumeReport } from '@virga/contracts-block-storage';
import { onReport, ServiceBus } from '@virga/messaging';
import { BackendsModule, STORAGE_AGENT } from '../backends/index.js';
import { ObservationsRepository } from './observations.repository.js';
import { ReportFollowers, StorageReports } from './storage-reports.js';

@Module({ imports: [BackendsModule], providers: [ObservationsRepository, ReportFollowers, StorageReports], exports: [ObservationsRepository] })
export class ReportsModule implements OnModuleInit {
  constructor(private readonly bus: ServiceBus, private readonly reports: StorageReports) {}

  onModuleInit(): void {
    this.bus.onReports(STORAGE_AGENT, [
      onReport(volumeReport, (body, delivery) => this.reports.volume(body, delivery)),
      onReport(snapshotReport, (body, delivery) => this.reports.snapshot(body, delivery)),
      onReport(exportReport, (body, delivery) => this.reports.export(body, delivery)),
      onReport(taskReport, (body, delivery) => this.reports.task(body, delivery)),
      onReport(storageCommandFailed, (body, delivery) => this.reports.failure(body, delivery)),
      onReport(storageReport, (body, delivery) => this.reports.host(body, delivery)),
    ]);
  }
}
