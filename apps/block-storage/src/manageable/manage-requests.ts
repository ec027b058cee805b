import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, Invalid, Unavailable, type Caller, type Clock } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { BackendsRepository, silentBefore, type Backend } from '../backends/index.js';
import { charge, ofType } from '../quota.js';
import { ChosenTypesRepository, isMultiattachType, type VolumeType } from '../volume-types/index.js';
import { VolumeSourcesRepository, VolumeState, type Volume } from '../volumes/index.js';
import { ReferenceUnknown } from './references.js';
import { UnmanagedVolumesRepository, type UnmanagedVolume } from './unmanaged-volumes.repository.js';

/** What an operator wants to become a volume. */
export interface ManageWish {
  unmanagedId: string;
  /** `HOST@BACKEND#POOL`. */
  host: string;
  name: string | null;
  description: string | null;
  volumeType: string | undefined;
  zone: string | undefined;
  metadata: Record<string, string>;
  isBootable: boolean;
}

class TypeInvalid extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume-type.unknown', `Invalid volume type: ${reason}`);
  }
}

class HostUnknown extends Invalid {
  constructor(host: string) {
    super('block-storage.backend.unknown', `Host '${host.slice(0, 255)}' not found`);
  }
}

/** Statuses in which Cinder lets go of a volume. */
const UNMANAGEABLE: readonly string[] = ['available', 'error', 'error_restoring', 'error_extending', 'error_managing'];

/** The rows that managing volumes depends on. */
@Injectable()
export class ManageRows {
  constructor(readonly backends: BackendsRepository, readonly types: ChosenTypesRepository, readonly sources: VolumeSourcesRepository) {}
}

/** Looks up what requests about unmanaged volumes name, and whether it fits. */
@Injectable()
export class ManageRequests {
  constructor(
    private readonly db: Database,
    readonly unmanaged: UnmanagedVolumesRepository,
    private readonly rows: ManageRows,
    private readonly quotas: Quotas,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async backend(host: string): Promise<Backend> {
    const backend = await this.rows.backends.find(this.db, host.split('#')[0] ?? '');
    if (backend === undefined) throw new HostUnknown(host);
    if (!backend.isEnabled || backend.seenAt < silentBefore(this.clock).getTime()) {
      throw new Unavailable('block-storage.backend.unavailable', `The backend '${backend.name}' is disabled, or its host does not answer.`);
    }
    return backend;
  }

  async check(caller: Caller, wish: ManageWish): Promise<{ backend: Backend; type: VolumeType; zone: string }> {
    const asker = { projectId: caller.projectId ?? '', isAdmin: true };
    const type = wish.volumeType === undefined
      ? await this.rows.types.defaultOf(this.db, asker.projectId) : await this.rows.types.choose(this.db, wish.volumeType, asker);
    if (type === undefined) throw new TypeInvalid(`Cannot find requested '${wish.volumeType?.slice(0, 64) ?? ''}' volume type`);
    if (type.isEncrypted) throw new TypeInvalid('Managing to an encrypted volume type is not supported.');
    const backend = await this.backend(wish.host);
    return { backend, type, zone: wish.zone ?? backend.availabilityZone };
  }

  /** What the backend keeps of that id, which nobody else is making a volume of. Throws `ReferenceUnknown`. */
  async take(tx: Tx, id: string, backend: string): Promise<UnmanagedVolume> {
    const old = await this.unmanaged.lock(tx, id);
    if (old === undefined || old.backend !== backend) throw new ReferenceUnknown(`Unable to manage existing volume: ${backend} has nothing unmanaged of the id ${id}.`);
    if (old.managedAs !== null) throw new ReferenceUnknown('Unable to manage existing volume. The volume is already managed.');
    return old;
  }

  charge(tx: Tx, projectId: string, type: VolumeType, sizeGibibytes: number): Promise<void> {
    return charge(this.quotas, tx, projectId, { ...ofType(type.name, { volumes: 1, gigabytes: sizeGibibytes }), per_volume_gigabytes: sizeGibibytes });
  }

  isMultiattach(type: VolumeType): boolean {
    return isMultiattachType(type.extraSpecs);
  }

  /** Throws `Invalid` where somebody uses the volume, or something depends on it. */
  async requireUnmanageable(tx: Tx, volume: Volume): Promise<void> {
    if (volume.keyId !== null) throw new Invalid('block-storage.volume.unmanage', 'Unmanaging encrypted volumes is not supported.');
    const dependents = (await this.rows.sources.countAttachments(tx, volume.id)) + (await this.rows.sources.countSnapshots(tx, volume.id));
    const isFree = UNMANAGEABLE.includes(volume.status) && volume.groupId === null && volume.backend !== null && dependents === 0;
    if (!isFree) {
      throw new VolumeState('Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, '
        + 'belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.');
    }
  }
}
