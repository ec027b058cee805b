import type { GuestCommand, GuestVolumeSpec } from '@virga/contracts-compute';
import { Bug, raise } from '@virga/kernel';
import { belongsToGuest, isUndecided, type BlockDevice } from '../block-devices/index.js';
import type { Flavor } from '../flavors/index.js';
import type { Interface } from '../interfaces/index.js';
import { needsOf } from '../scheduling/index.js';
import type { Server } from './server.js';

const GIBIBYTE = 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

/** What a guest has besides what its server says of itself. */
export interface GuestParts {
  nics: readonly Interface[];
  devices: readonly BlockDevice[];
}

/** What a server's host is to make true. `ticket` opens the image's bytes to the host. */
export function guestSpec(server: Server, { nics, devices }: GuestParts, { generation, ticket }: { generation: number; ticket: string }): GuestCommand {
  return {
    id: server.id, generation, name: server.name, projectId: server.projectId, userId: server.userId,
    vcpus: server.flavor.vcpus, memoryMebibytes: server.flavor.memoryMebibytes,
    disks: disks(server, ticket),
    nics: nics.map(nicSpec),
    // Which of two the guest uses only its host knows, until it has said so: what it has it keeps.
    ...(!devices.some(isUndecided) && { volumes: devices.filter(belongsToGuest).map(volumeSpec) }),
    facts: { flavorName: server.flavor.name, imageId: server.image?.id ?? '' },
  };
}

/** Throws `Bug` for a volume that its host cannot reach. */
export function volumeSpec({ attachmentId, volumeId, target, attachment }: BlockDevice): GuestVolumeSpec {
  const connection = attachment?.address ?? raise(new Bug('compute.volume.unreachable', `Attachment ${attachmentId} has no address.`));
  return { attachmentId, volumeId, target, connection, isReadOnly: attachment?.isReadOnly ?? false, isShared: attachment?.isShared ?? false, limits: attachment?.limits ?? {} };
}

export function nicSpec({ portId, mac, mtu, networkId, metadata }: Interface): GuestCommand['nics'][number] {
  return { portId, mac, mtu, networkId, metadata };
}

/** How large a server's own disk is: a flavor without one takes the image's size, and a server that boots from a volume has none. */
export function rootBytes({ flavor, image, isVolumeBacked }: Pick<Server, 'flavor' | 'image' | 'isVolumeBacked'>): number {
  if (isVolumeBacked) return 0;
  return flavor.rootGibibytes > 0 ? flavor.rootGibibytes * GIBIBYTE : image?.virtualSizeBytes ?? 0;
}

/** What a server takes from its host with a flavor. */
export function roomFor({ image, isVolumeBacked }: Pick<Server, 'image' | 'isVolumeBacked'>, flavor: Flavor): Record<string, number> {
  // What the image adds to the disk that a server needs where its flavor has none.
  const imageGibibytes = Math.ceil((image?.virtualSizeBytes ?? 0) / GIBIBYTE);
  return { ...needsOf(isVolumeBacked ? { ...flavor, rootGibibytes: 0 } : flavor, isVolumeBacked ? 0 : imageGibibytes) };
}

/** The places of a flavor's disks that begin empty; the first place is what boots, disk or volume. */
export function localTargets({ ephemeralGibibytes, swapMebibytes }: Pick<Flavor, 'ephemeralGibibytes' | 'swapMebibytes'>, isVolumeBacked: boolean): string[] {
  const blank = [ephemeralGibibytes, swapMebibytes].filter((size) => size > 0).length;
  return ['vda', 'vdb', 'vdc'].slice(isVolumeBacked ? 1 : 0, blank + 1);
}

function disks(server: Server, ticket: string): GuestCommand['disks'] {
  const { flavor, image, isVolumeBacked } = server;
  const seed = image === null ? null : { imageId: image.id, sha512: image.sha512, format: image.format, sizeBytes: image.sizeBytes, ticket };
  const blank: Omit<GuestCommand['disks'][number], 'target'>[] = [
    { role: 'ephemeral', sizeBytes: flavor.ephemeralGibibytes * GIBIBYTE, seed: null },
    { role: 'swap', sizeBytes: flavor.swapMebibytes * MEBIBYTE, seed: null },
  ];
  const root = isVolumeBacked ? [] : [{ role: 'root' as const, sizeBytes: rootBytes(server), seed }];
  const targets = localTargets(flavor, isVolumeBacked);
  return [...root, ...blank.filter(({ sizeBytes }) => sizeBytes > 0)].map((disk, index) => ({ target: targets[index] ?? 'vdz', ...disk }));
}
