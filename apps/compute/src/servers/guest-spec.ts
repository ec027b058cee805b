import type { GuestCommand } from '@virga/contracts-compute';
import type { Interface } from '../interfaces/index.js';
import type { Server } from './server.js';

const GIBIBYTE = 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

/** What a server's host is to make true. `ticket` opens the image's bytes to the host. */
export function guestSpec(server: Server, nics: readonly Interface[], { generation, ticket }: { generation: number; ticket: string }): GuestCommand {
  return {
    id: server.id, generation, name: server.name, projectId: server.projectId, userId: server.userId,
    vcpus: server.flavor.vcpus, memoryMebibytes: server.flavor.memoryMebibytes,
    disks: disks(server, ticket),
    nics: nics.map(nicSpec),
    facts: { flavorName: server.flavor.name, imageId: server.image?.id ?? '' },
  };
}

export function nicSpec({ portId, mac, mtu, networkId, metadata }: Interface): GuestCommand['nics'][number] {
  return { portId, mac, mtu, networkId, metadata };
}

/** How large a server's own disk is: a flavor without one takes the image's size. */
export function rootBytes({ flavor, image }: Pick<Server, 'flavor' | 'image'>): number {
  return flavor.rootGibibytes > 0 ? flavor.rootGibibytes * GIBIBYTE : image?.virtualSizeBytes ?? 0;
}

/** What the image adds to the disk that a server needs where its flavor has none. */
export function imageGibibytes({ image }: Pick<Server, 'image'>): number {
  return Math.ceil((image?.virtualSizeBytes ?? 0) / GIBIBYTE);
}

function disks(server: Server, ticket: string): GuestCommand['disks'] {
  const { flavor, image } = server;
  const seed = image === null ? null : { imageId: image.id, sha512: image.sha512, format: image.format, sizeBytes: image.sizeBytes, ticket };
  const wanted: Omit<GuestCommand['disks'][number], 'target'>[] = [
    { role: 'root', sizeBytes: rootBytes(server), seed },
    { role: 'ephemeral', sizeBytes: flavor.ephemeralGibibytes * GIBIBYTE, seed: null },
    { role: 'swap', sizeBytes: flavor.swapMebibytes * MEBIBYTE, seed: null },
  ];
  return wanted.filter(({ role, sizeBytes }) => role === 'root' || sizeBytes > 0).map((disk, index) => ({ target: `vd${'abc'[index] ?? 'z'}`, ...disk }));
}
