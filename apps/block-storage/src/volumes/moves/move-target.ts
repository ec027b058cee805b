import { Injectable } from '@nestjs/common';
import { copyVolume, ensureExport, ensureNoExport, ensureNoVolume, ensureVolume, type ExportAddressFact } from '@virga/contracts-block-storage';
import type { Reader, Tx } from '@virga/persistence';
import { agentOf, StorageCommands } from '../../backends/index.js';
import { ObservationsRepository, requireNotRefused } from '../../reports/index.js';
import { GIBIBYTE, type Volume } from '../volume.js';

/** A migration of which both ends are known. */
export interface Move {
  id: string;
  source: string;
  target: string;
  /** With which the target's volume is made. */
  generation: number;
}

/** Of the export that is copied from: made once, and taken away once. */
const EXPORTED = 1;
const NOT_EXPORTED = 2;
/** Of the task that copies. */
const COPY = 1;

/** What the two storage hosts of a migration are told, and what they say; every part may be repeated. */
@Injectable()
export class MoveTarget {
  constructor(private readonly commands: StorageCommands, private readonly observations: ObservationsRepository) {}

  /** The target has an empty volume, and its host, nobody else, can read the source. */
  async request(tx: Tx, volume: Volume, { id, source, target, generation }: Move): Promise<void> {
    await this.requestVolume(tx, volume, { target, generation });
    await this.commands.send(tx, source, ensureExport, {
      attachmentId: id, generation: EXPORTED, volumeId: volume.id, host: agentOf(target).address.host, isReadOnly: true, isShared: false, keyId: volume.keyId,
    });
  }

  /** The target has an empty volume. */
  async requestVolume(tx: Tx, volume: Volume, { target, generation }: Pick<Move, 'target' | 'generation'>): Promise<void> {
    await this.commands.send(tx, target, ensureVolume, {
      id: volume.id, generation, sizeBytes: volume.sizeGibibytes * GIBIBYTE, source: { kind: 'empty' }, keyId: volume.keyId,
    });
  }

  /** Whether the target has its volume. Throws `HostRefused`. */
  async isMade(db: Reader, volume: Volume, { target, generation }: Pick<Move, 'target' | 'generation'>): Promise<boolean> {
    const made = (await this.observations.ofVolume(db, volume.id)).find(({ backend }) => backend === target);
    if (made !== undefined && made.sizeBytes !== null && made.generation >= generation) return true;
    requireNotRefused(await this.observations.failure(db, volume.id, target), generation);
    return false;
  }

  /** Where the source is read from, once the target has its volume as well. Throws `HostRefused`. */
  async address(db: Reader, volume: Volume, { id, source, target, generation }: Move): Promise<ExportAddressFact | undefined> {
    if (!(await this.isMade(db, volume, { target, generation }))) return undefined;
    const exported = (await this.observations.ofExports(db, [id])).find(({ backend }) => backend === source);
    if (exported === undefined || exported.address === null) requireNotRefused(await this.observations.failure(db, id, source), EXPORTED);
    return exported?.isServed === true ? exported.address ?? undefined : undefined;
  }

  /** The target's volume is filled, with the volume's generation, which has been raised for it. */
  async requestCopy(tx: Tx, volume: Volume, { id, target }: Move, source: ExportAddressFact): Promise<void> {
    await this.commands.send(tx, target, copyVolume, {
      taskId: id, generation: COPY, volumeId: volume.id, volumeGeneration: volume.generation, keyId: volume.keyId, source,
    });
  }

  async copied(db: Reader, { id, target }: Move): Promise<{ isDone: boolean; failure: { code: string | null; message: string | null } | undefined }> {
    const task = await this.observations.ofTask(db, id);
    if (task === undefined || task.state === 'running') requireNotRefused(await this.observations.failure(db, id, target), COPY);
    return { isDone: task?.state === 'done', failure: task?.state === 'failed' ? task : undefined };
  }

  async requestNoExport(tx: Tx, { id, source }: Pick<Move, 'id' | 'source'>): Promise<void> {
    await this.commands.send(tx, source, ensureNoExport, { attachmentId: id, generation: NOT_EXPORTED });
  }

  /** Whether the source's host has said that nobody reads the source any more. */
  async isExportGone(db: Reader, { id, source }: Pick<Move, 'id' | 'source'>): Promise<boolean> {
    const exported = (await this.observations.ofExports(db, [id])).find(({ backend }) => backend === source);
    return exported !== undefined && exported.address === null && exported.generation >= NOT_EXPORTED;
  }

  async requestNoVolume(tx: Tx, volumeId: string, backend: string, generation: number): Promise<void> {
    await this.commands.send(tx, backend, ensureNoVolume, { id: volumeId, generation });
  }

  async isVolumeGone(db: Reader, volumeId: string, backend: string, generation: number): Promise<boolean> {
    const seen = (await this.observations.ofVolume(db, volumeId)).find((one) => one.backend === backend);
    return seen !== undefined && seen.sizeBytes === null && seen.generation >= generation;
  }

  /** Nothing of the move is remembered. */
  async forget(tx: Tx, id: string): Promise<void> {
    await this.observations.forgetExport(tx, id);
    await this.observations.forgetTask(tx, id);
  }
}
