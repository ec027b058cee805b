import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Conflict, type Clock } from '@virga/kernel';
import type { Reader, Tx } from '@virga/persistence';
import { BackendsRepository, silentBefore, StorageCommands } from '../backends/index.js';
import { Messages } from '../messages/index.js';
import { ObservationsRepository, requireNotRefused, type TaskObservation } from '../reports/index.js';
import { VolumeSourcesRepository, VolumesRepository } from '../volumes/index.js';
import { BackupPlaces } from './backup-places.js';
import type { Backup } from './backup.js';
import { BackupsRepository } from './backups.repository.js';
import { PointsRepository } from './points.repository.js';

/** The storage host could not do what it was asked, and says why. */
class TaskFailed extends Conflict {
  constructor({ code, message }: Pick<TaskObservation, 'code' | 'message'>) {
    super('block-storage.backup.failed', message ?? 'The storage host could not do it.', { details: { reason: code ?? 'unknown' } });
  }
}

/** Nothing has been heard of the storage host. */
class HostDown extends Conflict {
  constructor(backend: string) {
    super('block-storage.backend.down', `The storage host of ${backend} is down.`);
  }
}

/** The rows and commands of volumes that backups need. */
@Injectable()
export class BackedVolumes {
  constructor(readonly volumes: VolumesRepository, readonly sources: VolumeSourcesRepository) {}
}

/** Storage hosts: what they say, and how they are told. */
@Injectable()
export class BackupHosts {
  constructor(readonly observations: ObservationsRepository, readonly backends: BackendsRepository, readonly commands: StorageCommands) {}
}

/** What the operations on backups have in common. */
@Injectable()
export class BackupWork {
  constructor(
    readonly backups: BackupsRepository,
    readonly points: PointsRepository,
    readonly places: BackupPlaces,
    readonly messages: Messages,
    private readonly hosts: BackupHosts,
    private readonly backed: BackedVolumes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  get observations(): ObservationsRepository {
    return this.hosts.observations;
  }

  get commands(): StorageCommands {
    return this.hosts.commands;
  }

  get volumes(): VolumesRepository {
    return this.backed.volumes;
  }

  /** How the backup's task of this generation ended; undefined while it has not. Throws `TaskFailed` and `HostRefused`. */
  async endOfTask(db: Reader, { id, backend }: Pick<Backup, 'id' | 'backend'>, generation: number): Promise<TaskObservation | undefined> {
    const task = await this.observations.ofTask(db, id);
    if (task !== undefined && task.generation === generation) {
      if (task.state === 'failed') throw new TaskFailed(task);
      if (task.state === 'done') return task;
    }
    requireNotRefused(await this.observations.failure(db, id, backend), generation);
    return undefined;
  }

  /** Throws `HostDown` where nobody would hear a command. */
  async requireHost(db: Reader, backend: string): Promise<void> {
    if (await this.hosts.backends.isSilent(db, backend, silentBefore(this.clock))) throw new HostDown(backend);
  }

  /** The volume is what it was before its backup or restoration began, or what its attachments make of it now. */
  async letVolumeGo(tx: Tx, volumeId: string, status: 'backing-up' | 'restoring-backup' = 'backing-up'): Promise<void> {
    const volume = await this.volumes.lock(tx, volumeId);
    if (volume.status !== status) return;
    const isAttached = (await this.backed.sources.countAttachments(tx, volumeId)) > 0;
    await this.volumes.become(tx, volume, isAttached ? 'in-use' : 'available', { previousStatus: null });
  }

  /** A backend whose host is up, for work that any host can do; the given one where it is. */
  async anyBackend(db: Reader, preferred: string): Promise<string> {
    if (!(await this.hosts.backends.isSilent(db, preferred, silentBefore(this.clock)))) return preferred;
    const up = (await this.hosts.backends.list(db)).find(({ seenAt }) => seenAt >= silentBefore(this.clock).getTime());
    return up?.name ?? preferred;
  }
}
