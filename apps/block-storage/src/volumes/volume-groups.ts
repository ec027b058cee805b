import { Injectable } from '@nestjs/common';
import { Invalid, isUuid, NotFound, only, raise, Unavailable } from '@virga/kernel';
import { wakeKey, type WakeKey } from '@virga/operations';
import { type Reader, type Tx } from '@virga/persistence';

/** What an operation on a group waits for: a change of one of its volumes. */
export const groupFact = (groupId: string): WakeKey => wakeKey('group', groupId);

class GroupUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.group.unknown', `Group ${id.slice(0, 64)} could not be found.`);
  }
}

class GroupUnfit extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.group', `Invalid input received: ${reason}`);
  }
}

/** Another volume of the group was placed elsewhere meanwhile: the decision is made anew. */
class GroupPlacedElsewhere extends Unavailable {
  constructor() {
    super('block-storage.volume.group-placed', 'Another volume of the group was placed on another backend meanwhile.');
  }
}

/** A volume that is to be in a group. */
export interface Newcomer {
  groupId: string;
  typeId: string;
  projectId: string;
  /** It is made together with the group. */
  isPartOfCopy: boolean;
}

interface GroupRow {
  project_id: string;
  status: string;
  type_ids: string[];
}

/** What making volumes depends on of the groups that they are made in: the volumes of a group share a backend. */
@Injectable()
export class VolumeGroups {
  /** Throws where the group does not take the volume; keeps the group as it is until the transaction ends. */
  async requireTakes(tx: Tx, { groupId, typeId, projectId, isPartOfCopy }: Newcomer): Promise<void> {
    const rows = isUuid(groupId) ? await tx.sql<GroupRow>`
      SELECT project_id, status, ARRAY(SELECT t.type_id::text FROM volume_group_volume_type t WHERE t.group_id = g.id) AS type_ids
      FROM volume_group g WHERE id = ${groupId} FOR UPDATE OF g` : [];
    const group = only(rows) ?? raise(new GroupUnknown(groupId));
    if (group.project_id !== projectId) throw new GroupUnknown(groupId);
    if (!group.type_ids.includes(typeId)) throw new GroupUnfit(`Invalid volume_type ${typeId} provided: requested volume type must be supported by this group.`);
    const wanted = isPartOfCopy ? 'creating' : 'available';
    if (group.status !== wanted) throw new GroupUnfit(`Group ${groupId} must be ${wanted} to take volumes, but is ${group.status}.`);
  }

  /** The backends of the group's volumes; none where no volume of it is placed. */
  async backends(db: Reader, groupId: string): Promise<string[]> {
    const rows = await db.sql<{ backend: string }>`SELECT DISTINCT backend FROM volume WHERE group_id = ${groupId} AND backend IS NOT NULL AND deleted_at IS NULL`;
    return rows.map(({ backend }) => backend);
  }

  /** Throws where the group's volumes are elsewhere; until the transaction ends, no other volume of the group is placed. */
  async requireBackend(tx: Tx, groupId: string, backend: string): Promise<void> {
    await tx.sql`SELECT FROM volume_group WHERE id = ${groupId} FOR UPDATE`;
    const taken = await this.backends(tx, groupId);
    if (taken.length > 0 && !taken.includes(backend)) throw new GroupPlacedElsewhere();
  }
}
