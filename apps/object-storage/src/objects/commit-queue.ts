import { Injectable } from '@nestjs/common';
import { Unavailable } from '@virga/kernel';
import { Metrics } from '@virga/observability';
import type { Change, Outcomes, Settled } from './change.js';
import { Committer } from './committer.js';

/**
 * Changes per transaction at most. Too low: more commits, each with its own sync. Too high: the first of a batch waits for
 * the work of all.
 */
const MOST_CHANGES = 128;
/**
 * Transactions at the same time at most. They take connections from readers; and where they meet in a container, they wait for each other.
 */
const MOST_RUNNING = 4;
/**
 * How long a transaction runs, in milliseconds, before another begins beside it. Lower: waiting changes are committed in smaller
 * batches. Higher: everybody waits behind one transaction that waits for a container's lock.
 */
const PATIENCE_MS = 10;

interface Waiting {
  change: Change;
  resolve(settled: Settled): void;
}

/**
 * Gathers the changes that wait at the same time into one transaction.
 *
 * The first change is committed at once; those that come while it is being committed go together. Two changes of one
 * name never share a batch: the later waits. Where a batch fails as a whole for a reason of one change, each is tried alone.
 */
@Injectable()
export class CommitQueue {
  private readonly waiting: Waiting[] = [];
  private running = 0;
  private impatience: NodeJS.Timeout | undefined;

  constructor(private readonly committer: Committer, private readonly metrics: Metrics) {}

  /** Makes one change; resolves when it is durable and visible, or throws why it was not made. */
  async make<Kind extends Change['kind']>(change: Extract<Change, { kind: Kind }>): Promise<Outcomes[Kind]> {
    const settled = await new Promise<Settled>((resolve) => {
      this.waiting.push({ change, resolve });
      this.pump();
    });
    if ('error' in settled) throw settled.error;
    return settled.outcome as Outcomes[Kind];
  }

  private pump(): void {
    if (this.waiting.length === 0) return;
    if (this.running === 0) return void this.run();
    if (this.running < MOST_RUNNING) this.impatience ??= setTimeout(() => {
      this.impatience = undefined;
      if (this.waiting.length > 0) void this.run();
    }, PATIENCE_MS);
  }

  private async run(): Promise<void> {
    const batch = this.take();
    this.running += 1;
    clearTimeout(this.impatience);
    this.impatience = undefined;
    try {
      await this.commit(batch);
    } finally {
      this.running -= 1;
      this.pump();
    }
  }

  /** The longest waiting, of each name only the first. */
  private take(): Waiting[] {
    const batch: Waiting[] = [];
    const later: Waiting[] = [];
    const names = new Set<string>();
    for (const entry of this.waiting) {
      const name = `${entry.change.containerId}/${entry.change.name}`;
      if (batch.length === MOST_CHANGES || names.has(name)) later.push(entry);
      else batch.push(entry);
      names.add(name);
    }
    this.waiting.splice(0, this.waiting.length, ...later);
    return batch;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    this.metrics.count('virga_object_storage_changes_total', 'Changes of objects', {}, batch.length);
    this.metrics.count('virga_object_storage_commits_total', 'Transactions that made them', {});
    try {
      const settled = await this.committer.commit(batch.map(({ change }) => change));
      batch.forEach(({ resolve }, index) => resolve(settled[index] as Settled));
    } catch (error) {
      if (batch.length > 1 && !(error instanceof Unavailable)) return this.commitEach(batch);
      for (const { resolve } of batch) resolve({ error });
    }
  }

  private async commitEach(batch: readonly Waiting[]): Promise<void> {
    for (const entry of batch) await this.commit([entry]);
  }
}
