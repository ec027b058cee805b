import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { contextIsAdmin, groups as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { GroupTypesRepository, isReplicated } from '../group-types/index.js';
import type { Listing } from '../listings/index.js';
import { VolumeChanges, VolumeSourcesRepository, VolumesRepository, type Volume } from '../volumes/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { GroupAccess } from './group-access.js';
import { GroupState, GroupStatusUnknown, NotReplicated } from './group-faults.js';
import { joining, leaving, requireNotBoth } from './group-membership.js';
import { GroupsRepository } from './groups.repository.js';
import type { GroupChange } from './groups.views.js';
import { DeleteGroup } from './operations/delete-group.operation.js';
import { isGroupStatus, type Group } from './group.js';

export interface ListedGroups {
  groups: Group[];
  isFull: boolean;
}

/** The rows that use cases of groups need. */
@Injectable()
export class GroupRows {
  constructor(
    readonly groups: GroupsRepository, readonly types: GroupTypesRepository, readonly volumes: VolumesRepository, readonly sources: VolumeSourcesRepository,
    readonly volumeChanges: VolumeChanges,
  ) {}
}

@Injectable()
export class GroupsService {
  constructor(
    private readonly db: Database,
    private readonly rows: GroupRows,
    private readonly access: GroupAccess,
    private readonly operations: Operations,
    private readonly policy: Policy,
  ) {}

  /** Whether the caller sees all projects and may filter by anything. */
  isAdmin(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin, {});
  }

  async list(caller: Caller, listing: Listing): Promise<ListedGroups> {
    this.policy.require(caller, contract.listGroupsRule, { project_id: caller.projectId });
    const project = listing.isForAll ? undefined : caller.projectId ?? '';
    if (listing.marker !== undefined) {
      const marker = await this.rows.groups.find(this.db, listing.marker);
      if (marker === undefined || (project !== undefined && marker.projectId !== project)) throw new MarkerUnknown(listing.marker);
    }
    const groups = await this.rows.groups.page(this.db, project, listing);
    return { groups, isFull: groups.length === listing.limit };
  }

  get(caller: Caller, id: string): Promise<Group> {
    return this.access.require(caller, contract.getGroupRule, id);
  }

  /** The ids of the volumes in each of the groups. */
  volumesIn(groups: readonly Group[]): Promise<Map<string, string[]>> {
    return this.rows.groups.volumesIn(this.db, groups.map(({ id }) => id));
  }

  async update(caller: Caller, id: string, change: GroupChange): Promise<void> {
    const found = await this.access.require(caller, contract.updateGroup.policy, id);
    requireNotBoth(change);
    await this.db.transaction(async (tx) => {
      const group = await this.rows.groups.lock(tx, found.id);
      const members = await this.members(tx, group);
      const goes = leaving(group, change, members);
      const comes = joining(group, change, members.filter((member) => !goes.includes(member)), await this.lockAll(tx, change.add));
      requireSomething(group, change, [...goes, ...comes]);
      for (const volume of goes) await this.rows.volumes.edit(tx, volume, { groupId: null });
      for (const volume of comes) await this.rows.volumes.edit(tx, volume, { groupId: group.id });
      await this.rows.groups.edit(tx, group, { ...(change.name !== null && { name: change.name }), ...(change.description !== null && { description: change.description }) });
    });
  }

  /** An empty group is gone at once; another goes after its volumes. */
  async delete(caller: Caller, id: string, { withVolumes }: { withVolumes: boolean }): Promise<void> {
    const found = await this.access.require(caller, contract.deleteGroup.policy, id);
    await this.db.transaction(async (tx) => {
      const group = await this.rows.groups.lock(tx, found.id);
      const members = await this.members(tx, group);
      await this.requireDeletable(tx, group, members, withVolumes);
      if (members.length === 0) return this.rows.groups.delete(tx, group.id);
      for (const volume of members) await this.rows.volumeChanges.startDelete(tx, volume, { isCascading: false, isForced: true, isWithGroup: true }, caller);
      await this.rows.groups.become(tx, group, 'deleting');
      await this.operations.start(tx, DeleteGroup, { groupId: group.id }, { on: group, by: caller });
    });
  }

  async resetStatus(caller: Caller, id: string, wanted: string): Promise<void> {
    const found = await this.access.require(caller, contract.resetGroupStatus.policy, id);
    const status = wanted.toLowerCase();
    if (!isGroupStatus(status)) throw new GroupStatusUnknown(wanted);
    await this.db.transaction(async (tx) => this.rows.groups.become(tx, await this.rows.groups.lock(tx, found.id), status));
  }

  /** Always throws: no backend here replicates. What is wrong with the group is said first, as Cinder does. */
  async replicate(caller: Caller, rule: PolicyRule, id: string): Promise<never> {
    const group = await this.access.require(caller, rule, id);
    const type = await this.rows.types.find(this.db, group.groupTypeId);
    if (type === undefined || !isReplicated(type)) throw new NotReplicated(`Invalid group type: Group ${group.id} is not a replication group type.`);
    throw new NotReplicated(`Invalid volume type: The volume types of group ${group.id} are of no backend that replicates.`);
  }

  private async requireDeletable(tx: Tx, group: Group, members: readonly Volume[], withVolumes: boolean): Promise<void> {
    if (group.status === 'deleting') throw new GroupState(`Cannot delete group ${group.id}. It is being deleted already.`);
    if (!withVolumes && !['available', 'error'].includes(group.status)) throw new GroupState(`Group status must be available or error, but current status is: ${group.status}`);
    if ((await this.rows.groups.countSnapshots(tx, group.id)) > 0) throw new GroupState('Group has existing snapshots.');
    if (members.length > 0 && !withVolumes) throw new GroupState(`Group ${group.id} still contains volumes. The delete-volumes flag is required to delete it.`);
    if (await this.rows.groups.isBeingCopied(tx, { groupId: group.id })) throw new GroupState(`Cannot delete group ${group.id}. A group is being made from it.`);
    await this.requireFree(tx, group, members);
  }

  private async requireFree(tx: Tx, group: Group, members: readonly Volume[]): Promise<void> {
    for (const { id } of members) {
      if ((await this.rows.sources.countAttachments(tx, id)) > 0) throw new GroupState(`Volume in group ${group.id} is attached. Need to detach first.`);
      if ((await this.rows.sources.countSnapshots(tx, id)) > 0) throw new GroupState('Volume in group still has dependent snapshots.');
    }
  }

  private async members(tx: Tx, group: Group): Promise<Volume[]> {
    return this.lockAll(tx, (await this.rows.groups.volumesIn(tx, [group.id])).get(group.id) ?? []);
  }

  /** Those that there are, kept from changing, in one order everywhere. */
  private async lockAll(tx: Tx, ids: readonly string[]): Promise<Volume[]> {
    const known = await this.rows.volumes.byIds(tx, ids);
    const volumes: Volume[] = [];
    for (const id of known.filter(({ status }) => status !== 'deleted').map((volume) => volume.id).sort()) volumes.push(await this.rows.volumes.lock(tx, id));
    return volumes;
  }
}

function requireSomething(group: Group, { name, description }: GroupChange, moved: readonly Volume[]): void {
  const isRenamed = (name !== null && name !== group.name) || (description !== null && description !== group.description);
  if (moved.length > 0 && group.status !== 'available') throw new GroupState('Group status must be available.');
  if (!isRenamed && moved.length === 0) {
    throw new GroupState(`Cannot update group ${group.id} because no valid name, description, add_volumes, or remove_volumes were provided.`);
  }
}
