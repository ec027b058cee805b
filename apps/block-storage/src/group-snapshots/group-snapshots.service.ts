import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { contextIsAdmin, groupSnapshots as contract } from '@virga/contracts-block-storage';
import { newId, raise, type Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BackendsRepository } from '../backends/index.js';
import { GroupTypesRepository, isConsistent } from '../group-types/index.js';
import { GroupAccess, GroupSnapshotUnknown, GroupsRepository, GroupState, type Group } from '../groups/index.js';
import type { Listing } from '../listings/index.js';
import { projectOf, SnapshotDeletion, SnapshotsRepository, SnapshotTaking } from '../snapshots/index.js';
import { VolumesRepository, type Volume } from '../volumes/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { GroupSnapshotState, GroupSnapshotStatusUnknown } from './group-snapshot-faults.js';
import { isGroupSnapshotStatus, type GroupSnapshot } from './group-snapshot.js';
import { GroupSnapshotsRepository } from './group-snapshots.repository.js';
import type { GroupSnapshotWish } from './group-snapshots.views.js';
import { CreateGroupSnapshot } from './operations/create-group-snapshot.operation.js';
import { DeleteGroupSnapshot } from './operations/delete-group-snapshot.operation.js';

export interface ListedGroupSnapshots {
  groupSnapshots: GroupSnapshot[];
  isFull: boolean;
}

/** The rows that use cases of group snapshots need. */
@Injectable()
export class GroupSnapshotRows {
  constructor(
    readonly whole: GroupSnapshotsRepository, readonly groups: GroupsRepository, readonly groupTypes: GroupTypesRepository, readonly volumes: VolumesRepository,
    readonly snapshots: SnapshotsRepository, readonly backends: BackendsRepository,
  ) {}
}

/** What is done with the snapshots in them. */
@Injectable()
export class GroupSnapshotParts {
  constructor(readonly taking: SnapshotTaking, readonly deletion: SnapshotDeletion, readonly groupAccess: GroupAccess) {}
}

@Injectable()
export class GroupSnapshotsService {
  constructor(
    private readonly db: Database,
    private readonly rows: GroupSnapshotRows,
    private readonly parts: GroupSnapshotParts,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** Whether the caller sees all projects and may filter by anything. */
  isAdmin(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin, {});
  }

  /** Whether replies show the caller which project group snapshots belong to. */
  showsProject(caller: Caller): boolean {
    return this.policy.allows(caller, contract.groupSnapshotProjectRule, { project_id: caller.projectId });
  }

  async list(caller: Caller, listing: Listing): Promise<ListedGroupSnapshots> {
    this.policy.require(caller, contract.listGroupSnapshotsRule, { project_id: caller.projectId });
    const project = listing.isForAll ? undefined : caller.projectId ?? '';
    if (listing.marker !== undefined) {
      const marker = await this.rows.whole.find(this.db, listing.marker);
      if (marker === undefined || (project !== undefined && marker.projectId !== project)) throw new MarkerUnknown(listing.marker);
    }
    const groupSnapshots = await this.rows.whole.page(this.db, project, listing);
    return { groupSnapshots, isFull: groupSnapshots.length === listing.limit };
  }

  get(caller: Caller, id: string): Promise<GroupSnapshot> {
    return this.require(caller, contract.getGroupSnapshotRule, id);
  }

  async create(caller: Caller, wish: GroupSnapshotWish): Promise<GroupSnapshot> {
    const { id: groupId } = await this.parts.groupAccess.require(caller, contract.createGroupSnapshot.policy, wish.groupId);
    const owner = { projectId: projectOf(caller), userId: caller.userId };
    return this.db.transaction(async (tx) => {
      const group = await this.rows.groups.lock(tx, groupId);
      const volumes = await this.lockVolumes(tx, group);
      await this.requireTogether(tx, group, volumes);
      const { name, description } = wish;
      const whole = await this.rows.whole.insert(tx, { id: newId(), ...owner, groupId, groupTypeId: group.groupTypeId, name, description, status: 'creating' });
      const wanted = volumes.map((volume) => ({ id: newId<'snapshot'>(), volume, name, description, metadata: {} }));
      const made = await this.parts.taking.insert(tx, wanted, { owner, isInUseAllowed: true, groupSnapshotId: whole.id });
      const params = { groupSnapshotId: whole.id, snapshots: made.map(({ id, generation }) => ({ id, generation })) };
      await this.operations.start(tx, CreateGroupSnapshot, params, { on: whole, by: caller });
      return whole;
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const found = await this.require(caller, contract.deleteGroupSnapshot.policy, id);
    await this.db.transaction(async (tx) => {
      const whole = await this.rows.whole.lock(tx, found.id);
      const isSource = await this.rows.groups.isBeingCopied(tx, { groupSnapshotId: whole.id });
      if (!['available', 'error'].includes(whole.status) || isSource) {
        throw new GroupSnapshotState('GroupSnapshot status must be available or error, and no Group can be currently using it as source for its creation.');
      }
      for (const { id: member } of await this.rows.snapshots.ofGroupSnapshot(tx, whole.id)) {
        await this.parts.deletion.become(tx, await this.rows.snapshots.lock(tx, member));
      }
      const deleting = await this.rows.whole.become(tx, whole, 'deleting');
      await this.operations.start(tx, DeleteGroupSnapshot, { groupSnapshotId: deleting.id }, { on: deleting, by: caller });
    });
  }

  /** What is under way goes on, and has the last word. */
  async resetStatus(caller: Caller, id: string, wanted: string): Promise<void> {
    const found = await this.require(caller, contract.resetGroupSnapshotStatus.policy, id);
    const status = wanted.toLowerCase();
    if (!isGroupSnapshotStatus(status)) throw new GroupSnapshotStatusUnknown(wanted);
    await this.db.transaction(async (tx) => this.rows.whole.become(tx, await this.rows.whole.lock(tx, found.id), status));
  }

  /** Throws where the group has nothing to snapshot, or its type promises a moment that its volumes cannot share. */
  private async requireTogether(tx: Tx, group: Group, volumes: readonly Volume[]): Promise<void> {
    if (!['available', 'in-use'].includes(group.status)) throw new GroupState(`Group status must be available, but current status is: ${group.status}`);
    const [first] = volumes;
    if (first === undefined) throw new GroupState('Source group is empty. No group snapshot will be created.');
    const type = await this.rows.groupTypes.find(tx, group.groupTypeId);
    if (type === undefined || !isConsistent(type)) return;
    const backend = first.backend === null ? undefined : await this.rows.backends.find(tx, first.backend);
    if (volumes.some((volume) => volume.backend !== first.backend) || backend?.capabilities.snapshotsTogether === false) {
      throw new GroupState('The group\'s volumes cannot be snapshotted at one point in time: they are on several backends, or their backend does not do so.');
    }
  }

  /** In one order everywhere. */
  private async lockVolumes(tx: Tx, group: Group): Promise<Volume[]> {
    const volumes: Volume[] = [];
    for (const id of [...(await this.rows.groups.volumesIn(tx, [group.id])).get(group.id) ?? []].sort()) volumes.push(await this.rows.volumes.lock(tx, id));
    return volumes;
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<GroupSnapshot> {
    const found = (await this.rows.whole.find(this.db, id)) ?? raise(new GroupSnapshotUnknown(id));
    const isForeign = caller.projectId !== found.projectId;
    this.policy.require(caller, rule, { project_id: found.projectId, user_id: found.userId }, isForeign ? () => new GroupSnapshotUnknown(id) : undefined);
    return found;
  }
}
