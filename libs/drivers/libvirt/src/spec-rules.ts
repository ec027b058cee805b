import type { ServerId } from '@virga/kernel';
import { Refused, type GuestSpec, type GuestVolume, type RbdAddress } from '@virga/ports';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TARGET = /^vd[a-z]$/;

/** Ids and targets become names of files: what is not exactly of their form is refused before it is used. */
export function requireId(id: ServerId): void {
  if (!ID.test(id)) throw new Refused('libvirt', 'the server id is not a UUID');
}

/** Whether a spec can be carried out at all. */
export function requireSpec(spec: GuestSpec): void {
  requireId(spec.id);
  if (!spec.disks.every((disk) => TARGET.test(disk.target))) throw new Refused('libvirt', 'a disk target is not vda to vdz');
  if (!spec.nics.every((nic) => ID.test(nic.portId))) throw new Refused('libvirt', 'a port id is not a UUID');
  for (const volume of spec.volumes ?? []) requireVolume(volume);
  const targets = [...spec.disks, ...spec.volumes ?? []].map(({ target }) => target);
  if (new Set(targets).size !== targets.length) throw new Refused('libvirt', 'two disks have the same target');
  const counts = [spec.vcpus, spec.memoryMebibytes, spec.generation];
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 0)) throw new Refused('libvirt', 'a count of the spec is not positive');
}

/** Whether a volume can be a disk at all. */
export function requireVolume({ attachmentId, volumeId, target, connection, encryption }: GuestVolume): void {
  if (!TARGET.test(target)) throw new Refused('libvirt', 'a disk target is not vda to vdz');
  if (![attachmentId, volumeId, encryption?.secretId ?? volumeId].every((id) => ID.test(id))) throw new Refused('libvirt', 'an id of a volume is not a UUID');
  if (connection.kind === 'rbd') return requireRbd(connection);
  const path = connection.kind === 'file' ? connection.path : connection.kind === 'nbd-unix' ? connection.socketPath : '/';
  if (!path.startsWith('/')) throw new Refused('libvirt', 'a path of a volume is not absolute');
}

/** Names of Ceph's end up in options of QEMU's: what could be read as more than a name is refused. */
function requireRbd({ pool, image, user, monitors }: RbdAddress): void {
  const names = [pool, image, user, ...monitors.map(({ address }) => address)];
  if (!names.every((name) => /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name)) || monitors.length === 0) throw new Refused('libvirt', 'a name of a Ceph volume is not one');
}
