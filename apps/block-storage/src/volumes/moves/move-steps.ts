import { Injectable } from '@nestjs/common';
import { Conflict, seconds, type VolumeId } from '@virga/kernel';
import { Debts, done, finish, park, step, type Leftover, type Outcome, type Run, type Step } from '@virga/operations';
import { owedTo } from '../../debts/index.js';
import { COMMAND_PATIENCE, exportFact, isOverdue, taskFact, volumeFact } from '../../reports/index.js';
import { HostPatience } from '../host-patience.js';
import type { Volume } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';
import { MovePlace } from './move-place.js';
import { MoveTarget, type Move } from './move-target.js';
import { VolumeMigrationsRepository, type VolumeMigration } from './volume-migrations.repository.js';

export interface MoveParams {
  volumeId: VolumeId;
  /** Also the name of the export that is copied from, and of the task that copies. */
  migrationId: string;
  /** With which the target's volume is made; what it is filled with, and whatever comes afterwards, has a higher one. */
  generation: number;
}

interface Outputs {
  targetAt: number;
  copyAt: number;
  releaseAt: number;
  removalAt: number;
}

type MoveRun = Pick<Run<never>, 'db' | 'clock' | 'signal' | 'transaction' | 'graceIsOver'> & { params: Readonly<MoveParams>; outputs: Readonly<Partial<Outputs>> };

/** The storage host could not copy the volume. */
class CopyFailed extends Conflict {
  constructor({ code, message }: { code: string | null; message: string | null }) {
    super('block-storage.volume.copy-failed', message ?? 'The volume could not be copied to its new backend.', { details: { reason: code } });
  }
}

/**
 * The steps of moving a volume that nobody has attached to another backend.
 *
 * Theory of operation. The target gets an empty volume of the same id, the source is exported to the target's host alone, and the target
 * copies. Until one transaction says otherwise the volume is on its source: whatever fails before is undone by removing what the target
 * has and the export, and the volume is as it was. Only when the source's host has said that nobody reads it any more the volume is on
 * its target, and only then the source is removed; from there on the move has succeeded, and a source that cannot be reached becomes
 * a debt. Each step looks at what the hosts say, and may be repeated; generations make late commands harmless. While it moves the
 * volume's status (`maintenance`, `retyping`) keeps everybody else away from it.
 */
@Injectable()
export class MoveSteps {
  constructor(
    private readonly volumes: VolumesRepository,
    private readonly migrations: VolumeMigrationsRepository,
    private readonly hosts: MoveTarget,
    private readonly place: MovePlace,
    private readonly patience: HostPatience,
    private readonly debts: Debts,
  ) {}

  steps(): Step[] {
    const named = (name: string, work: (run: MoveRun) => Promise<Outcome>): Step => step(name, (run: Run<never>) => work(run as unknown as MoveRun));
    return [
      named('find-target', (run) => this.findTarget(run)),
      named('request-target', (run) => this.requestTarget(run)),
      named('await-target', (run) => this.awaitTarget(run)),
      named('await-copy', (run) => this.awaitCopy(run)),
      named('release-source', (run) => this.releaseSource(run)),
      named('switch', (run) => this.switchTo(run)),
      named('await-removal', (run) => this.awaitRemoval(run)),
    ];
  }

  private async findTarget(run: MoveRun): Promise<Outcome> {
    const migration = await this.migrations.get(run.db, run.params.migrationId);
    if (migration.target === null) await this.place.find(run, await this.volumes.get(run.db, run.params.volumeId), migration);
    return done();
  }

  private async requestTarget(run: MoveRun): Promise<Outcome> {
    const { volume, move } = await this.look(run);
    await run.transaction(async (tx) => {
      await this.volumes.edit(tx, volume, { migrationStatus: 'migrating' });
      await this.hosts.request(tx, volume, move);
    });
    return done({ targetAt: run.clock.now() });
  }

  private async awaitTarget(run: MoveRun): Promise<Outcome> {
    const { volume, move } = await this.look(run);
    const address = await this.hosts.address(run.db, volume, move);
    if (address !== undefined) {
      await run.transaction(async (tx) => {
        const raised = volume.generation > move.generation ? volume : await this.volumes.edit(tx, volume, { raisesGeneration: true });
        await this.hosts.requestCopy(tx, raised, move, address);
      });
      return done({ copyAt: run.clock.now() });
    }
    await this.requireAlive(run, move);
    if (isOverdue(run.clock, run.outputs.targetAt)) await run.transaction((tx) => this.hosts.request(tx, volume, move));
    const isMade = await this.hosts.isMade(run.db, volume, move);
    return park({ until: isMade ? exportFact(move.id) : volumeFact(volume.id), atMost: COMMAND_PATIENCE });
  }

  private async awaitCopy(run: MoveRun): Promise<Outcome> {
    const { volume, move } = await this.look(run);
    const { isDone, failure } = await this.hosts.copied(run.db, move);
    if (failure !== undefined) throw new CopyFailed(failure);
    if (isDone) return done();
    await this.requireAlive(run, move);
    const address = await this.hosts.address(run.db, volume, move);
    if (isOverdue(run.clock, run.outputs.copyAt) && address !== undefined) await run.transaction((tx) => this.hosts.requestCopy(tx, volume, move, address));
    return park({ until: taskFact(move.id), atMost: COMMAND_PATIENCE });
  }

  private async releaseSource(run: MoveRun): Promise<Outcome> {
    const { move } = await this.look(run);
    if (await this.hosts.isExportGone(run.db, move)) return done();
    await this.patience.requireAlive(run.db, move.source);
    await run.transaction((tx) => this.hosts.requestNoExport(tx, move));
    return park({ until: exportFact(move.id), atMost: COMMAND_PATIENCE });
  }

  private async switchTo(run: MoveRun): Promise<Outcome> {
    const { volume, move, migration } = await this.look(run);
    const moved = volume.backend === move.target ? volume : await this.place.take(run, volume, migration);
    await run.transaction((tx) => this.hosts.requestNoVolume(tx, moved.id, move.source, moved.generation));
    return done({ removalAt: run.clock.now() });
  }

  private async awaitRemoval(run: MoveRun): Promise<Outcome> {
    const { volume, move } = await this.look(run);
    if (await this.hosts.isVolumeGone(run.db, volume.id, move.source, volume.generation)) return this.conclude(run, volume, []);
    if (await this.patience.isGivenUp(run.db, move.source)) return this.conclude(run, volume, [sourceVolume(move, volume)]);
    if (isOverdue(run.clock, run.outputs.removalAt)) {
      await run.transaction((tx) => this.hosts.requestNoVolume(tx, volume.id, move.source, volume.generation));
    }
    return park({ until: volumeFact(volume.id), atMost: COMMAND_PATIENCE });
  }

  /** Forward where the volume is on its target already; else back. */
  async abandon(run: MoveRun): Promise<Outcome> {
    const volume = await this.outdated(run);
    const migration = await this.migrations.get(run.db, run.params.migrationId);
    if (migration.target === null) return this.giveBack(run, volume, []);
    const move = moveOf(run.params, migration);
    if (volume.backend === move.target) return this.conclude(run, volume, [sourceVolume(move, volume)]);
    const leftovers = await this.leftovers(run, volume, move);
    if (leftovers.length === 0 || run.graceIsOver) return this.giveBack(run, volume, leftovers);
    await run.transaction(async (tx) => {
      await this.hosts.requestNoExport(tx, move);
      await this.hosts.requestNoVolume(tx, volume.id, move.target, volume.generation);
    });
    return park({ until: volumeFact(volume.id), atMost: seconds(10) });
  }

  /** The volume, with a generation that is newer than anything that was sent, unless it is on its target already. */
  private outdated(run: MoveRun): Promise<Volume> {
    return run.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, run.params.volumeId);
      const isPast = volume.migrationStatus === 'error' || volume.migrationStatus === 'completing';
      return isPast ? volume : this.volumes.edit(tx, volume, { migrationStatus: 'error', raisesGeneration: true });
    });
  }

  private async leftovers({ db }: MoveRun, volume: Volume, move: Move): Promise<Leftover[]> {
    const isExported = !(await this.hosts.isExportGone(db, move));
    const isMade = !(await this.hosts.isVolumeGone(db, volume.id, move.target, volume.generation));
    return [
      ...(isExported ? [{ backend: owedTo(move.source), resourceType: 'migration-export', generation: volume.generation, detail: { migrationId: move.id } }] : []),
      ...(isMade ? [{ backend: owedTo(move.target), resourceType: 'volume', generation: volume.generation }] : []),
    ];
  }

  private giveBack(run: MoveRun, volume: Volume, leftovers: readonly Leftover[]): Outcome {
    return finish(async (tx) => {
      await this.debts.record(tx, volume.id, leftovers);
      await this.volumes.become(tx, volume, volume.previousStatus ?? 'available', { previousStatus: null, migrationStatus: 'error' });
      await this.migrations.end(tx, run.params.migrationId, false);
      await this.hosts.forget(tx, run.params.migrationId);
    });
  }

  private conclude(run: MoveRun, volume: Volume, leftovers: readonly Leftover[]): Outcome {
    return finish(async (tx) => {
      await this.debts.record(tx, volume.id, leftovers);
      const change = await this.place.changeAtEnd(tx, await this.migrations.get(tx, run.params.migrationId));
      await this.volumes.become(tx, volume, volume.previousStatus ?? 'available', change);
      await this.migrations.end(tx, run.params.migrationId, true);
      await this.hosts.forget(tx, run.params.migrationId);
    }, 'succeeded');
  }

  private async look(run: MoveRun): Promise<{ volume: Volume; move: Move; migration: VolumeMigration }> {
    const volume = await this.volumes.get(run.db, run.params.volumeId);
    const migration = await this.migrations.get(run.db, run.params.migrationId);
    return { volume, migration, move: moveOf(run.params, migration) };
  }

  private async requireAlive({ db }: MoveRun, { source, target }: Move): Promise<void> {
    await this.patience.requireAlive(db, source);
    await this.patience.requireAlive(db, target);
  }
}

function moveOf({ migrationId, generation }: MoveParams, { source, target }: VolumeMigration): Move {
  return { id: migrationId, source, target: target ?? '', generation };
}

function sourceVolume({ source }: Move, { generation }: Volume): Leftover {
  return { backend: owedTo(source), resourceType: 'volume', generation };
}
