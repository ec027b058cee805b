import type { GuestCommand, GuestNicSpec, GuestVolumeSpec } from '@virga/contracts-compute';
import type { AttachmentId, PortId, ServerId, VolumeId } from '@virga/kernel';
import type { DiskSwap, GuestDisk, GuestNic, GuestSpec, GuestVolume } from '@virga/ports';

/** The hypervisor port's form of a guest that compute asked for. Pure. */
export function guestSpec(command: GuestCommand): GuestSpec {
  const { volumes, ...spec } = command;
  return {
    ...spec, id: command.id as ServerId, disks: command.disks.map(guestDisk), nics: command.nics.map(guestNic),
    ...(volumes !== undefined && { volumes: volumes.map(guestVolume) }),
  };
}

export function guestVolume(volume: GuestVolumeSpec): GuestVolume {
  return { ...volume, attachmentId: volume.attachmentId as AttachmentId, volumeId: volume.volumeId as VolumeId };
}

export function diskSwap({ attachmentId, to, sizeBytes }: { attachmentId: string; to: GuestVolumeSpec; sizeBytes?: number }): DiskSwap {
  return { attachmentId: attachmentId as AttachmentId, to: guestVolume(to), ...(sizeBytes !== undefined && { sizeBytes }) };
}

export function guestNic({ portId, mac, mtu }: GuestNicSpec): GuestNic {
  return { portId: portId as PortId, mac, mtu };
}

function guestDisk({ seed, ...disk }: GuestCommand['disks'][number]): GuestDisk {
  if (seed === null) return disk;
  const { imageId, sha512, format, sizeBytes } = seed;
  return { ...disk, seed: { imageId, sha512, format, sizeBytes } };
}
