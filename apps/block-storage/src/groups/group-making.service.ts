import { Injectable } from '@nestjs/common';
import { contextIsAdmin, groups as contract } from '@virga/contracts-block-storage';
import { Invalid, newId, raise, type Caller } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { BackendsRepository } from '../backends/index.js';
import { GroupTypesRepository, GroupTypeUnknown, type GroupType } from '../group-types/index.js';
import { charge } from '../quota.js';
import { projectOf } from '../snapshots/index.js';
import { ChosenTypesRepository, VolumeTypeUnknown, type VolumeType } from '../volume-types/index.js';
import { CreateVolumes, WishCheck, type Asker, type CheckedWish } from '../volumes/index.js';
import { GroupSources, type GroupSource } from './group-sources.js';
import { GroupsRepository } from './groups.repository.js';
import type { CopyWish, GroupWish } from './groups.views.js';
import { CopyGroup } from './operations/copy-group.operation.js';
import type { Group } from './group.js';

class ZoneUnknown extends Invalid {
  constructor(zone: string) {
    super('block-storage.zone.unknown', `Invalid input received: Availability zone '${zone.slice(0, 255)}' is invalid.`);
  }
}

/** What groups and their volumes are of. */
@Injectable()
export class GroupCatalogue {
  constructor(readonly groupTypes: GroupTypesRepository, readonly volumeTypes: ChosenTypesRepository, readonly backends: BackendsRepository) {}
}

/** What makes the volumes of a group that is a copy. */
@Injectable()
export class GroupCopying {
  constructor(readonly sources: GroupSources, readonly check: WishCheck, readonly volumes: CreateVolumes, readonly operations: Operations) {}
}

/** Makes groups: empty ones, and copies of others. */
@Injectable()
export class GroupMaking {
  constructor(
    private readonly db: Database,
    private readonly groups: GroupsRepository,
    private readonly catalogue: GroupCatalogue,
    private readonly copying: GroupCopying,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
  ) {}

  /** An empty group has nothing to wait for: it is there at once. */
  async create(caller: Caller, wish: GroupWish): Promise<Group> {
    const owner = this.authorize(caller);
    const groupType = await this.groupType(wish.groupType);
    const types: VolumeType[] = [];
    for (const name of wish.volumeTypes) types.push(await this.volumeType(name, this.asker(caller)));
    if (wish.zone !== null && !(await this.catalogue.backends.isZone(this.db, wish.zone))) throw new ZoneUnknown(wish.zone);
    return this.db.transaction(async (tx) => {
      await charge(this.quotas, tx, owner.projectId, { groups: 1 });
      return this.groups.insert(tx, {
        id: newId(), ...owner, name: wish.name, description: wish.description, status: 'available', groupTypeId: groupType.id,
        volumeTypeIds: [...new Set(types.map(({ id }) => id))], availabilityZone: wish.zone ?? await this.anyZone(tx), groupSnapshotId: null, sourceGroupId: null,
      });
    });
  }

  /** The group, its volumes and all their operations are written at once. */
  async copy(caller: Caller, wish: CopyWish, signal: AbortSignal): Promise<Group> {
    const owner = this.authorize(caller);
    const source = await this.source(caller, wish);
    const asker = this.asker(caller);
    const checked: CheckedWish[] = [];
    for (const volume of source.wishes) checked.push(await this.copying.check.check(asker, volume, signal));
    return this.db.transaction(async (tx) => {
      await charge(this.quotas, tx, owner.projectId, { groups: 1 });
      const group = await this.groups.insert(tx, {
        id: newId(), ...owner, name: wish.name, description: wish.description, status: 'creating', groupTypeId: source.groupTypeId,
        volumeTypeIds: source.volumeTypeIds, availabilityZone: source.availabilityZone, groupSnapshotId: source.groupSnapshotId, sourceGroupId: source.sourceGroupId,
      });
      const volumeIds = await this.makeVolumes(tx, group, { asker, checked, by: caller });
      await this.copying.operations.start(tx, CopyGroup, { groupId: group.id, volumeIds }, { on: group, by: caller });
      return group;
    });
  }

  private async makeVolumes(tx: Tx, group: Group, { asker, checked, by }: { asker: Asker; checked: readonly CheckedWish[]; by: Caller }): Promise<string[]> {
    const ids: string[] = [];
    for (const wish of checked) {
      const { id } = await this.copying.volumes.accept(tx, asker, { ...wish, wish: { ...wish.wish, groupId: group.id } }, { id: newId(), by, isPartOfCopy: true });
      ids.push(id);
    }
    return ids;
  }

  private async source(caller: Caller, { source }: CopyWish): Promise<GroupSource> {
    if (source === undefined) throw new Invalid('block-storage.group.source', 'Either group_snapshot_id or source_group_id is needed, and not both.');
    return source.kind === 'group' ? this.copying.sources.group(caller, source.id) : this.copying.sources.groupSnapshot(caller, source.id);
  }

  private authorize(caller: Caller): Pick<Group, 'projectId' | 'userId'> {
    this.policy.require(caller, contract.createGroupRule, { project_id: caller.projectId, user_id: caller.userId });
    return { projectId: projectOf(caller), userId: caller.userId };
  }

  private asker(caller: Caller): Asker {
    return { projectId: projectOf(caller), userId: caller.userId, isAdmin: this.policy.allows(caller, contextIsAdmin, {}) };
  }

  private async groupType(idOrName: string): Promise<GroupType> {
    const { groupTypes } = this.catalogue;
    return (await groupTypes.find(this.db, idOrName)) ?? (await groupTypes.findByName(this.db, idOrName)) ?? raise(new GroupTypeUnknown(idOrName));
  }

  private async volumeType(idOrName: string, asker: Asker): Promise<VolumeType> {
    return (await this.catalogue.volumeTypes.choose(this.db, idOrName, asker)) ?? raise(new VolumeTypeUnknown(idOrName));
  }

  private async anyZone(tx: Tx): Promise<string> {
    const [backend] = await this.catalogue.backends.list(tx);
    return backend?.availabilityZone ?? 'nova';
  }
}
