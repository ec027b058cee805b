import { Injectable } from '@nestjs/common';
import { manageable as contract, volumeActions } from '@virga/contracts-block-storage';
import { Forbidden, newId, raise, type Caller, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { requireBackend, targetOf, VolumeAccess, VolumesRepository, type Volume } from '../volumes/index.js';
import { ManageRequests, type ManageWish } from './manage-requests.js';
import { ManageVolume } from './operations/manage-volume.operation.js';
import type { Manageable, ManageablePage } from './unmanaged-volumes.repository.js';

/** Volumes that operators let go of and take back, bytes and all. */
@Injectable()
export class ManageableService {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly access: VolumeAccess,
    private readonly requests: ManageRequests,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** What a backend has; `host` as the API names it. */
  async list(caller: Caller, host: string, page: Omit<ManageablePage, 'backend'>): Promise<Manageable[]> {
    this.policy.require(caller, contract.listManageableVolumes.policy, { project_id: caller.projectId });
    const backend = await this.requests.backend(host);
    return this.requests.unmanaged.onBackend(this.db, { ...page, backend: backend.name });
  }

  async manage(caller: Caller, wish: ManageWish): Promise<Volume> {
    this.policy.require(caller, contract.manageVolume.policy, { project_id: caller.projectId });
    const projectId = caller.projectId ?? raise(new Forbidden('block-storage.volume.no-project', 'A volume belongs to a project: use a token that is scoped to one.'));
    const { backend, type, zone } = await this.requests.check(caller, wish);
    return this.db.transaction(async (tx) => {
      const old = await this.requests.take(tx, wish.unmanagedId, backend.name);
      await this.requests.charge(tx, projectId, type, old.sizeGibibytes);
      const volume = await this.volumes.insert(tx, {
        id: newId<'volume'>(), projectId: projectId as ProjectId, userId: caller.userId as UserId, name: wish.name, description: wish.description,
        sizeGibibytes: old.sizeGibibytes, status: 'creating', typeId: type.id, availabilityZone: zone, requestedZone: null, isBootable: wish.isBootable,
        isMultiattach: this.requests.isMultiattach(type), keyId: null, snapshotId: null, sourceVolumeId: null, metadata: wish.metadata, imageMetadata: null,
        backend: backend.name,
      });
      await this.requests.unmanaged.claim(tx, old.id, volume.id);
      const params = { volumeId: volume.id as VolumeId, unmanagedId: old.id, generation: volume.generation };
      await this.operations.start(tx, ManageVolume, params, { on: volume, by: caller });
      return volume;
    });
  }

  /** The volume is gone for everybody, and its bytes stay. Nothing happens on the storage host. */
  async unmanage(caller: Caller, id: string): Promise<void> {
    const seen = await this.access.require(caller, volumeActions.unmanageVolume.policy, id);
    this.policy.require(caller, volumeActions.unmanageVolume.policy, targetOf(seen));
    await this.db.transaction(async (tx: Tx) => {
      const volume = await this.volumes.lock(tx, seen.id);
      await this.requests.requireUnmanageable(tx, volume);
      const backend = requireBackend(volume);
      await this.requests.unmanaged.insert(tx, { id: volume.id, backend, generation: volume.generation, sizeGibibytes: volume.sizeGibibytes });
      await this.volumes.become(tx, volume, 'deleted', { fault: null });
    });
  }
}
