import { Inject, Injectable } from '@nestjs/common';
import type { MessageBody } from '@virga/contract';
import type { exportReport, snapshotReport, storageCommandFailed, taskReport, volumeReport } from '@virga/contracts-block-storage';
import { CLOCK, isUuid, type Clock } from '@virga/kernel';
import type { ReportDelivery } from '@virga/messaging';
import { Debts, Operations, type WakeKey } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Reconciliation } from '@virga/reconcile';
import { backendName, BackendsRepository, type ReportSource, type StorageReport } from '../backends/index.js';
import { exportFact, FAILURE_PAUSE, snapshotFact, taskFact, volumeFact } from './observation.js';
import { ObservationsRepository } from './observations.repository.js';

/** Those who do something about what is reported. */
@Injectable()
export class ReportFollowers {
  constructor(readonly operations: Operations, readonly debts: Debts, readonly reconciliation: Reconciliation) {}
}

/**
 * Takes what storage hosts report.
 *
 * Theory of operation. A report is a fact with a sequence number, applied only if it is newer than what is known; in the same
 * transaction it wakes the operations that wait for it, and makes debts due that the fact may have paid. Reports may come
 * twice, late or never: the next report of the whole host says all of it again. What is reported about things that do not
 * exist is kept as well: the reconciler removes them.
 */
@Injectable()
export class StorageReports {
  constructor(
    private readonly db: Database,
    private readonly backends: BackendsRepository,
    private readonly observations: ObservationsRepository,
    private readonly followers: ReportFollowers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async volume(report: MessageBody<typeof volumeReport>, delivery: ReportDelivery): Promise<void> {
    await this.apply(delivery, async (tx, source) => {
      const backend = backendName(source.host, report.backend);
      await this.wake(tx, await this.observations.recordVolumes(tx, source, { backend, isAll: false }, [report]), volumeFact);
      if (report.sizeBytes === null) await this.followers.debts.backendIsBack(tx, `backend:${backend}`);
    });
  }

  async snapshot(report: MessageBody<typeof snapshotReport>, delivery: ReportDelivery): Promise<void> {
    await this.apply(delivery, async (tx, source) => {
      const backend = backendName(source.host, report.backend);
      await this.wake(tx, await this.observations.recordSnapshots(tx, source, { backend, isAll: false }, [report]), snapshotFact);
      if (report.sizeBytes === null) await this.followers.debts.backendIsBack(tx, `backend:${backend}`);
    });
  }

  async export(report: MessageBody<typeof exportReport>, delivery: ReportDelivery): Promise<void> {
    await this.apply(delivery, async (tx, source) => {
      const backend = backendName(source.host, report.backend);
      await this.wake(tx, await this.observations.recordExports(tx, source, { backend, isAll: false }, [report]), exportFact);
      this.wakeForUnserved(tx, [report]);
      if (report.address === null) await this.followers.debts.backendIsBack(tx, `backend:${backend}`);
    });
  }

  async task(report: MessageBody<typeof taskReport>, delivery: ReportDelivery): Promise<void> {
    if (!isUuid(report.taskId)) return;
    await this.apply(delivery, async (tx, source) => {
      if (await this.observations.recordTask(tx, source, report)) await this.followers.operations.wake(tx, taskFact(report.taskId));
    });
  }

  /** Commands of all kinds fail alike; whoever waits for a thing of this id looks: at once where it is hopeless, else after a pause. */
  async failure(report: MessageBody<typeof storageCommandFailed>, delivery: ReportDelivery): Promise<void> {
    if (!isUuid(report.id)) return;
    await this.apply(delivery, async (tx, source) => {
      await this.observations.recordFailure(tx, source, backendName(source.host, report.backend), report);
      for (const key of [exportFact, snapshotFact, taskFact, volumeFact].map((fact) => fact(report.id))) {
        if (report.isFinal) await this.followers.operations.wake(tx, key);
        else await this.followers.operations.wakeAfter(tx, key, FAILURE_PAUSE);
      }
    });
  }

  /** Everything on a storage host; wakes only the operations of what has changed. */
  async host(report: StorageReport, delivery: ReportDelivery): Promise<void> {
    await this.db.transaction(async (tx) => {
      const source = this.source(delivery);
      const news = new Set(await this.backends.record(tx, source, report));
      for (const { name, volumes, snapshots, exports } of report.backends) {
        const backend = backendName(source.host, name);
        // An older report says nothing; one of a backend that cannot be looked at says nothing of what is on it.
        if (!news.has(backend) || report.backends.find((one) => one.name === name)?.isAvailable !== true) continue;
        const facts = { backend, isAll: true };
        await this.wake(tx, await this.observations.recordExports(tx, source, facts, exports), exportFact);
        this.wakeForUnserved(tx, exports);
        await this.wake(tx, await this.observations.recordSnapshots(tx, source, facts, snapshots), snapshotFact);
        await this.wake(tx, await this.observations.recordVolumes(tx, source, facts, volumes), volumeFact);
        await this.followers.debts.backendIsBack(tx, `backend:${backend}`);
      }
    });
  }

  private async apply(delivery: ReportDelivery, work: (tx: Tx, source: ReportSource) => Promise<void>): Promise<void> {
    await this.db.transaction(async (tx) => {
      const source = this.source(delivery);
      await this.backends.touch(tx, source);
      await work(tx, source);
    });
  }

  /** Guests stand still until what their storage host cannot serve is exported again. */
  private wakeForUnserved(tx: Tx, exports: readonly Pick<MessageBody<typeof exportReport>, 'address' | 'isServed'>[]): void {
    if (exports.some(({ address, isServed }) => address !== null && !isServed)) tx.afterCommit(() => this.followers.reconciliation.wake('attachments'));
  }

  /** In one order everywhere: waking takes a lock for each key. */
  private async wake(tx: Tx, ids: readonly string[], key: (id: string) => WakeKey): Promise<void> {
    for (const id of [...ids].sort()) await this.followers.operations.wake(tx, key(id));
  }

  private source({ host, sequence }: ReportDelivery): ReportSource {
    return { host, sequence, at: this.clock.now() };
  }
}
