import { Injectable } from '@nestjs/common';
import type { Fault } from '@virga/kernel';
import type { AnyOperation, Run, WakeKey } from '@virga/operations';
import type { Tx } from '@virga/persistence';
import type { Volume } from '../volumes/index.js';
import type { WantedProduct } from './maker.js';
import { Makers } from './makers.js';
import { isRefusal } from './refusal.js';
import { mayBuildOnLast, type ProductState } from './retention.js';
import { ScheduleFailures } from './schedule-failures.js';
import { reasonOf, type RunResult, type ScheduleRun } from './schedule-run.js';
import { ScheduleStanding, type Standing } from './schedule-standing.js';
import { productKindOf, type Schedule, type ScheduleRunId } from './schedule.js';

export type Running = Pick<Run<AnyOperation>, 'db' | 'clock' | 'transaction' | 'requestId'>;

const GONE = 'The volume is gone; it has been taken off the schedule.';
const REMOVED_MEANWHILE = 'It was deleted while it was being made.';

/** The making part of a run; each method looks first and may be repeated. */
@Injectable()
export class ScheduleMaking {
  constructor(private readonly standing: ScheduleStanding, private readonly makers: Makers, private readonly failures: ScheduleFailures) {}

  /** Begins what has not been begun: for each backend at once, so that one that refuses does not stop the others. */
  async begin(run: Running, id: ScheduleRunId): Promise<void> {
    for (;;) {
      const now = await this.standing.of(run.db, id);
      if (now === undefined) return;
      const rest = now.schedule.volumeIds.filter((volumeId) => !now.run.results.some((result) => result.volumeId === volumeId));
      if (rest.length === 0) return;
      await this.beginSome(run, now, rest);
    }
  }

  /** What to wait for; undefined when everything that was begun has come to an end and its result is known. */
  async progress(run: Running, id: ScheduleRunId): Promise<WakeKey | undefined> {
    const now = await this.standing.of(run.db, id);
    if (now === undefined) return undefined;
    const maker = this.makers.of(now.schedule.action);
    const states = await maker.states(run.db, now.schedule.projectId, pendingOf(now.run));
    const waiting = [...states].find(([, { state }]) => state === 'pending');
    if (waiting !== undefined) return maker.settled(waiting[0]);
    await run.transaction((tx) => this.settle(tx, now.schedule, id));
    return undefined;
  }

  /** Writes down what has come of everything that was begun, whose own operations have told users where it failed; what is still being made has failed for `reason`. */
  async settle(tx: Tx, schedule: Schedule, id: ScheduleRunId, reason?: Fault): Promise<void> {
    const { results } = await this.standing.rows.runs.lock(tx, id);
    const pending = results.flatMap(({ state, productId }) => (state === 'pending' && productId !== null ? [productId] : []));
    const states = await this.makers.of(schedule.action).states(tx, schedule.projectId, pending);
    const settled = results.map((result) => (result.state === 'pending' ? settledResult(result, states.get(result.productId ?? ''), reason) : result));
    await this.standing.rows.products.complete(tx, pending.filter((productId) => states.get(productId)?.state === 'ready'));
    await this.standing.rows.runs.saveResults(tx, id, settled);
  }

  private async beginSome(run: Running, { schedule, run: { id } }: Standing, volumeIds: readonly string[]): Promise<void> {
    const found = await this.standing.rows.volumes.byIds(run.db, volumeIds);
    const own = found.filter(({ projectId, status }) => projectId === schedule.projectId && status !== 'deleted');
    const gone = volumeIds.filter((volumeId) => !own.some((volume) => volume.id === volumeId));
    const [first] = own;
    if (gone.length > 0) return run.transaction((tx) => this.drop(tx, schedule, id, gone));
    if (first === undefined) return;
    const maker = this.makers.of(schedule.action);
    const together = own.filter((volume) => maker.togetherKey(volume) === maker.togetherKey(first)).sort((one, other) => (one.id < other.id ? -1 : 1));
    try {
      await run.transaction((tx) => this.start(tx, run, { schedule, id }, together));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const refused = together.filter((volume) => volume.id === error.details?.['volume']);
      await run.transaction((tx) => this.refuse(tx, { schedule, id }, refused.length > 0 ? refused : together, error));
    }
  }

  private async drop(tx: Tx, schedule: Schedule, id: ScheduleRunId, gone: readonly string[]): Promise<void> {
    const results = gone.map((volumeId): RunResult => ({ volumeId, state: 'skipped', productId: null, message: GONE }));
    if (!(await this.add(tx, id, results))) return;
    await this.standing.rows.schedules.dropVolumes(tx, schedule.id, gone);
    await this.failures.record(tx, schedule, results);
  }

  private async start(tx: Tx, run: Running, { schedule, id }: { schedule: Schedule; id: ScheduleRunId }, volumes: readonly Volume[]): Promise<void> {
    const locked: Volume[] = [];
    for (const volume of volumes) locked.push(await this.standing.rows.volumes.lock(tx, volume.id));
    // Given away since we looked: the next look drops it.
    if (locked.some(({ projectId }) => projectId !== schedule.projectId)) return;
    const wanted: WantedProduct[] = [];
    for (const volume of locked) wanted.push(await this.wanted(tx, schedule, volume));
    const { results } = await this.standing.rows.runs.lock(tx, id);
    if (results.some(({ volumeId }) => locked.some((volume) => volume.id === volumeId))) return;
    const createdAt = new Date(run.clock.now());
    const making = {
      owner: { projectId: schedule.projectId, userId: schedule.userId }, name: `${schedule.name.slice(0, 234)} ${createdAt.toISOString().slice(0, 16)}Z`,
      description: null, metadata: { schedule_id: schedule.id, schedule_run_id: id },
    };
    const begun = await this.makers.of(schedule.action).start(tx, wanted, making, { requestId: run.requestId, userId: schedule.userId, projectId: schedule.projectId });
    const kind = productKindOf(schedule.action);
    await this.standing.rows.products.insert(tx, begun.map((product) => ({ ...product, scheduleId: schedule.id, kind, createdAt })));
    await this.add(tx, id, begun.map((product) => ({ volumeId: product.volumeId, state: 'pending', productId: product.id, message: null })));
  }

  private async wanted(tx: Tx, schedule: Schedule, volume: Volume): Promise<WantedProduct> {
    const isIncremental = schedule.action === 'incremental-backup'
      && mayBuildOnLast(await this.standing.products(tx, { ...schedule, volumeIds: [volume.id] }), schedule.keep);
    return { volume, isIncremental };
  }

  private async refuse(tx: Tx, { schedule, id }: { schedule: Schedule; id: ScheduleRunId }, volumes: readonly Volume[], reason: Fault): Promise<void> {
    const state = reason.kind === 'over-limit' ? 'failed' : 'skipped';
    const results = volumes.map((volume): RunResult => ({ volumeId: volume.id, state, productId: null, message: reasonOf(reason) }));
    if (await this.add(tx, id, results)) await this.failures.record(tx, schedule, results, reason);
  }

  /** False, and nothing is changed, where another run of this step was faster with one of the volumes. */
  private async add(tx: Tx, id: ScheduleRunId, more: readonly RunResult[]): Promise<boolean> {
    const { results } = await this.standing.rows.runs.lock(tx, id);
    if (results.some(({ volumeId }) => more.some((one) => one.volumeId === volumeId))) return false;
    await this.standing.rows.runs.saveResults(tx, id, [...results, ...more]);
    return true;
  }
}

function settledResult(result: RunResult, product: ProductState | undefined, reason: Fault | undefined): RunResult {
  if (product?.state === 'ready') return { ...result, state: 'made' };
  if (product?.state === 'failed') return { ...result, state: 'failed', message: product.message ?? 'It could not be made.' };
  return { ...result, state: 'failed', message: product?.state === 'pending' && reason !== undefined ? reasonOf(reason) : REMOVED_MEANWHILE };
}

function pendingOf({ results }: ScheduleRun): string[] {
  return results.flatMap(({ state, productId }) => (state === 'pending' && productId !== null ? [productId] : []));
}
