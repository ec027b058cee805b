import { Inject, Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { commandFailed, guestReport } from '@virga/contracts-compute';
import { CLOCK, isUuid, type Clock } from '@virga/kernel';
import type { ReportDelivery } from '@virga/messaging';
import { Debts } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { GuestReports, type ReportSource } from '../guests/index.js';
import { PlacementRepository, type Inventory } from '../placement/index.js';
import { HostsRepository, type HostReport } from './hosts.repository.js';

/** Kept for the host itself (Nova's `reserved_host_memory_mb`); operators change it through the Placement API. */
const RESERVED_MEMORY_MEBIBYTES = 512;
/** Virtual CPUs for each real one (Nova's `initial_cpu_allocation_ratio`). */
const CPU_RATIO = 4;

/**
 * Takes what hosts report.
 *
 * Theory of operation. A report is a fact with a sequence number, applied only if it is newer than what is known; in the same
 * transaction it wakes the operations that wait for it. Reports may come twice, late or never: the next host report says all
 * of it again. A report about a server that does not exist is kept as well: the reconciler removes such guests.
 */
@Injectable()
export class HostReports {
  constructor(
    private readonly db: Database,
    private readonly hosts: HostsRepository,
    private readonly placement: PlacementRepository,
    private readonly guests: GuestReports,
    private readonly debts: Debts,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async guest(report: MessageBody<typeof guestReport>, delivery: ReportDelivery): Promise<void> {
    if (!isUuid(report.id)) return;
    await this.db.transaction(async (tx) => {
      const source = this.source(delivery);
      await this.hosts.touch(tx, source);
      await this.guests.one(tx, source, report);
      // A guest that is gone may be one that was owed.
      if (report.power === null) await this.debts.backendIsBack(tx, `host:${delivery.host}`);
    });
  }

  async failure(report: MessageBody<typeof commandFailed>, delivery: ReportDelivery): Promise<void> {
    if (!isUuid(report.id)) return;
    await this.db.transaction((tx) => this.guests.failure(tx, this.source(delivery), report));
  }

  async host(report: HostReport, delivery: ReportDelivery): Promise<void> {
    await this.db.transaction(async (tx) => {
      const source = this.source(delivery);
      const recorded = await this.hosts.record(tx, source, report);
      if (recorded === undefined) return;
      if (recorded.isChanged) await this.stock(tx, recorded.id, report);
      await this.guests.all(tx, source, report.guests.filter(({ id }) => isUuid(id)));
      await this.debts.backendIsBack(tx, `host:${delivery.host}`);
    });
  }

  private async stock(tx: Tx, id: string, { resources }: HostReport): Promise<void> {
    const inventory = (total: number, reserved: number, allocationRatio: number): Inventory =>
      ({ total, reserved: Math.min(reserved, total), minUnit: 1, maxUnit: Math.max(1, total), stepSize: 1, allocationRatio });
    await this.placement.ensureProvider(tx, { uuid: id, name: resources.hypervisorHostname }, {
      VCPU: inventory(resources.vcpus, 0, CPU_RATIO),
      MEMORY_MB: inventory(resources.memoryMebibytes, RESERVED_MEMORY_MEBIBYTES, 1),
      DISK_GB: inventory(resources.diskGibibytes, 0, 1),
    }, resources.traits);
  }

  private source({ host, sequence }: ReportDelivery): ReportSource {
    return { host, sequence, at: this.clock.now() };
  }
}
