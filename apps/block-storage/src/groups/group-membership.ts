import { isMoving, type Volume } from '../volumes/index.js';
import { GroupVolumes } from './group-faults.js';
import type { Group } from './group.js';

const MAY_COME = ['available', 'in-use'];
const MAY_GO = ['available', 'in-use', 'error', 'error_deleting'];

/** What an update asks for: volumes by their ids. */
export interface MembershipWish {
  add: readonly string[];
  remove: readonly string[];
}

/** Reads ids between commas. */
export function idsIn(text: string | null | undefined): string[] {
  return (text ?? '').split(',').map((id) => id.trim()).filter((id) => id !== '');
}

/** Throws where a volume is to come and go at once. */
export function requireNotBoth({ add, remove }: MembershipWish): void {
  const both = add.filter((id) => remove.includes(id));
  if (both.length > 0) throw new GroupVolumes(`UUIDs ${both.map((id) => id.slice(0, 64)).join(', ')} are in both add and remove volume list.`);
}

/** The volumes that leave the group; throws `GroupVolumes` where one of them is not in it, or may not leave. */
export function leaving(group: Group, wish: MembershipWish, members: readonly Volume[]): Volume[] {
  return wish.remove.map((id) => {
    const volume = members.find((member) => member.id === id);
    const begin = `Cannot remove volume ${id.slice(0, 64)} from group ${group.id} because`;
    if (volume === undefined) throw new GroupVolumes(`${begin} it is not in the group.`);
    if (!MAY_GO.includes(volume.status)) throw new GroupVolumes(`${begin} volume is in an invalid state: ${volume.status}. Valid states are: ${MAY_GO.join(', ')}.`);
    return volume;
  });
}

/** The volumes that join the group, less those that are in it already; throws `GroupVolumes` where one of them may not. */
export function joining(group: Group, wish: MembershipWish, members: readonly Volume[], found: readonly Volume[]): Volume[] {
  const wanted = wish.add.filter((id) => !members.some((member) => member.id === id));
  return wanted.map((id) => {
    const volume = found.find((one) => one.id === id);
    const reason = volume === undefined ? 'volume cannot be found.' : whyNot(group, volume, members);
    if (volume === undefined || reason !== undefined) throw new GroupVolumes(`Cannot add volume ${id.slice(0, 64)} to group ${group.id} because ${reason}`);
    return volume;
  });
}

function whyNot(group: Group, volume: Volume, members: readonly Volume[]): string | undefined {
  if (volume.projectId !== group.projectId) return 'volume cannot be found.';
  if (volume.groupId !== null) return `it is already in group ${volume.groupId}.`;
  if (!group.volumeTypeIds.includes(volume.typeId)) return `volume type ${volume.typeId} is not supported by the group.`;
  if (!MAY_COME.includes(volume.status)) return `volume is in an invalid state: ${volume.status}. Valid states are: ${MAY_COME.join(', ')}.`;
  if (isMoving(volume)) return 'it is being migrated.';
  const isElsewhere = members.some((member) => member.backend !== null && member.backend !== volume.backend);
  return isElsewhere ? 'it is on another backend than the group\'s volumes.' : undefined;
}
