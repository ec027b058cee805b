import type { CallContract, CallRequest } from '@virga/contract';
import { moveDisk } from '@virga/contracts-compute';
import { abandonImage, describeImage, prepareImage, type BootImage } from '@virga/contracts-image';
import type { SimGuestDisk } from '@virga/driver-volume-file/sim';
import { NotFound } from '@virga/kernel';
import type { ExportAddress } from '@virga/ports';
import { SimulatedCompute } from './simulated-compute.js';
import { SimulatedStorageHost } from './simulated-storage-host.js';

/** An image that volumes can be made from, with an id of its own. */
export function anImage(id: string, more: Partial<BootImage> = {}): BootImage {
  return {
    id, name: 'virga-linux', status: 'active', ownerId: null, sizeBytes: 65_536, virtualSizeBytes: 2 ** 29, sha512: 'ab'.repeat(64), diskFormat: 'qcow2',
    minDiskGibibytes: 0, minRamMebibytes: 0, properties: {}, ...more,
  };
}

/** Everything around the block storage service: storage hosts, images. It lives on when the service's process dies. */
export class SimulatedSurroundings {
  readonly hosts = new Map<string, SimulatedStorageHost>();
  readonly images = new Map<string, BootImage>();
  readonly compute = new SimulatedCompute((address) => this.connect(address));
  /** Answers to calls of other services, by their type; slices add what they ask. */
  readonly answers: Record<string, (request: never) => unknown> = {
    [describeImage.type]: ({ imageId }: { imageId: string }) => this.describeImage(imageId),
    [prepareImage.type]: (wish: CallRequest<typeof prepareImage>) => this.prepareImage(wish),
    [moveDisk.type]: (asked: CallRequest<typeof moveDisk>) => this.compute.move(asked),
    [abandonImage.type]: ({ imageId }: CallRequest<typeof abandonImage>) => this.abandonImage(imageId),
  };
  /** The events that the service has told, in their order. */
  readonly events: { type: string; body: Record<string, unknown> }[] = [];

  async addHost(host: SimulatedStorageHost | string, zone?: string): Promise<SimulatedStorageHost> {
    const made = typeof host === 'string' ? new SimulatedStorageHost(host, zone) : host;
    this.hosts.set(made.name, made);
    made.connect = (address) => this.connect(address);
    await made.announce();
    return made;
  }

  host(name = 'node-1'): SimulatedStorageHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`There is no storage host ${name}.`);
    return host;
  }

  /** The disk behind an address, for whoever may open it. */
  private connect(address: ExportAddress): SimGuestDisk {
    for (const host of this.hosts.values()) {
      for (const backend of host.backends.values()) {
        const disk = backend.connect(address);
        if (reaches(disk)) return disk;
      }
    }
    throw new Error(`Nobody exports ${JSON.stringify(address)}.`);
  }

  /** All volumes on all backends of hosts that are there. */
  async volumes(): Promise<{ id: string; backend: string; sizeBytes: number }[]> {
    const found = [];
    for (const host of this.hosts.values()) {
      for (const [name, backend] of host.backends) {
        if (host.isGone) continue;
        const { volumes } = await backend.observe(AbortSignal.timeout(5_000));
        found.push(...volumes.map(({ id, sizeBytes }) => ({ id: id as string, backend: `${host.name}@${name}`, sizeBytes })));
      }
    }
    return found;
  }

  /** The ids of all snapshots on all backends of hosts that are there, in their order. */
  async snapshots(): Promise<string[]> {
    const stores = await Promise.all([...this.hosts.values()].filter(({ isGone }) => !isGone)
      .flatMap(({ backends }) => [...backends.values()].map((backend) => backend.observe(AbortSignal.timeout(5_000)))));
    return stores.flatMap(({ snapshots }) => snapshots.map(({ id }) => id as string)).sort();
  }

  answer(contract: CallContract, request: unknown): unknown {
    const answer = this.answers[contract.type];
    if (answer === undefined) throw new Error(`Nobody answers ${contract.type}.`);
    return answer(request as never);
  }

  /** A command has come out of a host's queue. */
  async obey(host: string, type: string, body: unknown): Promise<void> {
    await this.hosts.get(host)?.obey(type, body);
  }

  private prepareImage(wish: CallRequest<typeof prepareImage>): BootImage {
    const { imageId, projectId, name, diskFormat, minDiskGibibytes, minRamMebibytes, properties } = wish;
    const known = this.images.get(imageId);
    if (known !== undefined) return known;
    const made = anImage(imageId, { name, status: 'queued', ownerId: projectId, sizeBytes: null, virtualSizeBytes: null, sha512: null, diskFormat, minDiskGibibytes, minRamMebibytes, properties });
    this.images.set(imageId, made);
    return made;
  }

  private abandonImage(id: string): object {
    if (this.images.get(id)?.status === 'queued') this.images.delete(id);
    return {};
  }

  private describeImage(id: string): BootImage {
    const image = this.images.get(id);
    if (image === undefined) throw new NotFound('image.unknown', `No image found with ID ${id}`);
    return image;
  }
}

function reaches(disk: SimGuestDisk): boolean {
  try {
    return disk.sizeBytes() > 0;
  } catch {
    return false;
  }
}
