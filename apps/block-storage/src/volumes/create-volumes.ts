import { Injectable } from '@nestjs/common';
import { volumes as contract } from '@virga/contracts-block-storage';
import { Forbidden, Invalid, newId, type Caller, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { Operations, type Initiator } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { CreateVolume } from './operations/create-volume.operation.js';
import { VolumeRestorations } from './restorations.js';
import { VolumeMeans } from './volume-means.js';
import type { VolumeWish } from './volume-wish.js';
import type { Volume } from './volume.js';
import { VolumeGroups } from './volume-groups.js';
import { VolumeSourcesRepository } from './volume-sources.repository.js';
import { VolumesRepository } from './volumes.repository.js';
import { WishCheck, type Asker, type CheckedWish } from './wish-check.js';

/** How a volume comes in. */
export interface Acceptance {
  id: VolumeId;
  by: Initiator;
  /** It is made together with its group. */
  isPartOfCopy?: boolean;
}

/** The rows that accepting volumes needs. */
@Injectable()
export class AcceptanceRows {
  constructor(
    readonly volumes: VolumesRepository, readonly groups: VolumeGroups, readonly restorations: VolumeRestorations, readonly sources: VolumeSourcesRepository,
  ) {}
}

/** Its deletion began between our look at it and the acceptance of its copy. */
class SourceIsGoing extends Invalid {
  constructor() {
    super('block-storage.volume.source-is-going', 'Invalid input received: What the volume is to be made from is being deleted.');
  }
}

/** Accepts volumes: everything is checked first, then written in one transaction together with the operation that makes it. */
@Injectable()
export class CreateVolumes {
  constructor(
    private readonly db: Database,
    private readonly check: WishCheck,
    private readonly rows: AcceptanceRows,
    private readonly means: VolumeMeans,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** What a user asks for. */
  async create(caller: Caller, wish: VolumeWish, signal: AbortSignal): Promise<Volume> {
    const target = { project_id: caller.projectId, user_id: caller.userId };
    this.policy.require(caller, contract.createVolume.policy, target);
    if (wish.source.kind === 'image') this.policy.require(caller, contract.createFromImage, target);
    if (caller.projectId === undefined) throw new Forbidden('block-storage.volume.no-project', 'A volume belongs to a project: use a token that is scoped to one.');
    const asker = { projectId: caller.projectId, userId: caller.userId, isAdmin: caller.roles.has('admin') };
    const checked = await this.check.check(asker, wish, signal);
    if (checked.isMultiattach) this.policy.require(caller, contract.createMultiattach, target);
    return this.db.transaction((tx) => this.accept(tx, asker, checked, { id: newId(), by: caller }));
  }

  /** Writes what was checked, and lets it be made; part of the caller's transaction. */
  async accept(tx: Tx, asker: Asker, checked: CheckedWish, { id, by, isPartOfCopy = false }: Acceptance): Promise<Volume> {
    const { wish, source, sourceBackend } = checked;
    const { projectId } = asker;
    if (wish.groupId !== undefined) await this.rows.groups.requireTakes(tx, { groupId: wish.groupId, typeId: checked.type.id, projectId, isPartOfCopy });
    if (!(await this.rows.sources.hold(tx, checked))) throw new SourceIsGoing();
    const { sizeGibibytes } = checked;
    const keyId = await this.means.provide(tx, asker.projectId, checked);
    const volume = await this.rows.volumes.insert(tx, {
      id, projectId: asker.projectId as ProjectId, userId: asker.userId as UserId, name: wish.name, description: wish.description, sizeGibibytes,
      status: 'creating', typeId: checked.type.id, availabilityZone: wish.zone ?? DEFAULT_ZONE, requestedZone: wish.zone ?? null, isBootable: checked.isBootable,
      isMultiattach: checked.isMultiattach, keyId, snapshotId: checked.snapshotId, sourceVolumeId: checked.sourceVolumeId, metadata: wish.metadata,
      imageMetadata: checked.imageMetadata, groupId: wish.groupId ?? null, backupId: wish.source.kind === 'backup' ? wish.source.backupId : null,
    });
    const params = { volumeId: id, generation: volume.generation, source, onlyOn: sourceBackend === undefined ? [] : [sourceBackend], ...wish.hints };
    await this.operations.start(tx, CreateVolume, params, { on: volume, by });
    if (wish.source.kind === 'backup') await this.rows.restorations.begin(tx, wish.source.backupId, volume, by);
    return volume;
  }
}

/** What a volume says before it is placed; afterwards it says its backend's. */
const DEFAULT_ZONE = 'nova';
