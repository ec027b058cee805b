import { Injectable } from '@nestjs/common';
import { groups as contract, groupSnapshots } from '@virga/contracts-block-storage';
import { raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { SnapshotsRepository } from '../snapshots/index.js';
import { VolumesRepository, type VolumeWish } from '../volumes/index.js';
import { GroupAccess } from './group-access.js';
import { GroupSnapshotUnknown, GroupState } from './group-faults.js';
import { GroupsRepository } from './groups.repository.js';
import type { Group } from './group.js';

/** What a copy of a group consists of. */
export interface GroupSource extends Pick<Group, 'groupTypeId' | 'volumeTypeIds' | 'groupSnapshotId' | 'sourceGroupId' | 'availabilityZone'> {
  /** The volumes to be made; never none. */
  wishes: VolumeWish[];
}

/** Finds what groups are copied from; throws where the caller may not see it, or there is nothing in it. */
@Injectable()
export class GroupSources {
  constructor(
    private readonly db: Database,
    private readonly groups: GroupsRepository,
    private readonly access: GroupAccess,
    private readonly volumes: VolumesRepository,
    private readonly snapshots: SnapshotsRepository,
    private readonly policy: Policy,
  ) {}

  async group(caller: Caller, id: string): Promise<GroupSource> {
    const group = await this.access.require(caller, contract.getGroupRule, id);
    const volumes = await this.volumes.byIds(this.db, (await this.groups.volumesIn(this.db, [group.id])).get(group.id) ?? []);
    if (volumes.length === 0) throw new GroupState('Source Group is empty. No group will be created.');
    return {
      ...ofGroup(group), groupSnapshotId: null, sourceGroupId: group.id,
      wishes: volumes.map((volume) => wishOf({ kind: 'volume', volumeId: volume.id }, volume)),
    };
  }

  async groupSnapshot(caller: Caller, id: string): Promise<GroupSource> {
    const found = (await this.groups.findSnapshot(this.db, id)) ?? raise(new GroupSnapshotUnknown(id));
    const isForeign = caller.projectId !== found.projectId;
    const unseen = isForeign ? () => new GroupSnapshotUnknown(id) : undefined;
    this.policy.require(caller, groupSnapshots.getGroupSnapshotRule, { project_id: found.projectId }, unseen);
    const snapshots = await this.snapshots.ofGroupSnapshot(this.db, found.id);
    if (snapshots.length === 0) throw new GroupState('Group snapshot is empty. No group will be created.');
    return {
      ...ofGroup(await this.groups.get(this.db, found.groupId)), groupSnapshotId: found.id, sourceGroupId: null,
      wishes: snapshots.map((snapshot) => wishOf({ kind: 'snapshot', snapshotId: snapshot.id }, snapshot)),
    };
  }
}

function ofGroup({ groupTypeId, volumeTypeIds, availabilityZone }: Group): Pick<Group, 'groupTypeId' | 'volumeTypeIds' | 'availabilityZone'> {
  return { groupTypeId, volumeTypeIds, availabilityZone };
}

/** Without a name, as Cinder makes them. */
function wishOf(source: VolumeWish['source'], { sizeGibibytes, typeId }: { sizeGibibytes: number; typeId: string }): VolumeWish {
  return {
    name: null, description: null, sizeGibibytes, volumeType: typeId, zone: undefined, metadata: {}, source, isMultiattach: false, hints: { sameHost: [], differentHost: [] },
  };
}
