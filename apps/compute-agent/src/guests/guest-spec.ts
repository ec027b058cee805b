import type { GuestCommand, GuestNicSpec } from '@virga/contracts-compute';
import type { PortId, ServerId } from '@virga/kernel';
import type { GuestDisk, GuestNic, GuestSpec } from '@virga/ports';

/** The hypervisor port's form of a guest that compute asked for. Pure. */
export function guestSpec(command: GuestCommand): GuestSpec {
  return { ...command, id: command.id as ServerId, disks: command.disks.map(guestDisk), nics: command.nics.map(guestNic) };
}

export function guestNic({ portId, mac, mtu }: GuestNicSpec): GuestNic {
  return { portId: portId as PortId, mac, mtu };
}

function guestDisk({ seed, ...disk }: GuestCommand['disks'][number]): GuestDisk {
  if (seed === null) return disk;
  const { imageId, sha512, format, sizeBytes } = seed;
  return { ...disk, seed: { imageId, sha512, format, sizeBytes } };
}
