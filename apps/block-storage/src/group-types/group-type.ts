/** What the volumes of a group have in common. */
export interface GroupType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
  specs: Record<string, string | null>;
}

/** Cinder's way to write a true value into a spec. */
const TRUE = '<is> true';

/** Snapshots of such a group are taken at one point in time, or not at all. */
export function isConsistent({ specs }: Pick<GroupType, 'specs'>): boolean {
  return specs['consistent_group_snapshot_enabled']?.toLowerCase() === TRUE;
}

/** The group is meant to be replicated, in one of the two ways that Cinder knows. */
export function isReplicated({ specs }: Pick<GroupType, 'specs'>): boolean {
  return [specs['group_replication_enabled'], specs['consistent_group_replication_enabled']].some((value) => value?.toLowerCase() === TRUE);
}
