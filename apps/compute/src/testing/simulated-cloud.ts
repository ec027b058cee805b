import type { CallContract, CallRequest } from '@virga/contract';
import { consoleOutput, uploadDiskImage } from '@virga/contracts-compute';
import { abandonImage, describeImage, prepareImage, type BootImage } from '@virga/contracts-image';
import { describePorts, ensurePorts, listServerPorts, releasePorts, resolveNics } from '@virga/contracts-network';
import { NotFound, Unavailable } from '@virga/kernel';
import { SimulatedBlockStorage } from './simulated-block-storage.js';
import { SimulatedHost } from './simulated-host.js';
import { SimulatedNetwork } from './simulated-network.js';

const GIBIBYTE = 1024 ** 3;

/** An image that boots, with an id of its own. */
export function aBootImage(id: string, more: Partial<BootImage> = {}): BootImage {
  return {
    id, name: 'virga-linux', status: 'active', ownerId: null, sizeBytes: 50_000_000, virtualSizeBytes: GIBIBYTE / 2, sha512: 'ab'.repeat(64), diskFormat: 'qcow2',
    minDiskGibibytes: 0, minRamMebibytes: 0, properties: {}, ...more,
  };
}

/** Everything around the compute service: hosts, network, images. It lives on when the service's process dies. */
export class SimulatedCloud {
  readonly network = new SimulatedNetwork();
  readonly storage = new SimulatedBlockStorage();
  readonly hosts = new Map<string, SimulatedHost>();
  readonly images = new Map<string, BootImage>();

  addHost(name: string, zone?: string): SimulatedHost {
    const host = new SimulatedHost(name, zone);
    this.hosts.set(name, host);
    host.announce();
    return host;
  }

  host(name: string): SimulatedHost {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`There is no host ${name}.`);
    return host;
  }

  /** All guests on all hosts. */
  guests(): { id: string; host: string; power: string }[] {
    return [...this.hosts.values()].flatMap((host) => [...host.guests.values()].map(({ id, power }) => ({ id, host: host.name, power })));
  }

  /** Answers a call of the service; `host` where an agent is asked. */
  answer(contract: CallContract, request: unknown, host: string | undefined): unknown {
    const answers: Record<string, (request: never) => unknown> = {
      [resolveNics.type]: (asked: never) => this.network.resolve(asked),
      [ensurePorts.type]: (asked: never) => this.network.ensurePorts(asked),
      [releasePorts.type]: (asked: never) => this.network.releasePorts(asked),
      [describePorts.type]: ({ serverIds }: { serverIds: string[] }) => ({ nics: this.network.describePorts(serverIds) }),
      [listServerPorts.type]: (asked: never) => ({ serverIds: this.network.listServers(asked) }),
      [describeImage.type]: ({ imageId }: { imageId: string }) => this.describeImage(imageId),
      [prepareImage.type]: (wish: CallRequest<typeof prepareImage>) => this.prepareImage(wish),
      [abandonImage.type]: ({ imageId }: { imageId: string }) => {
        if (this.images.get(imageId)?.status === 'queued') this.images.delete(imageId);
        return {};
      },
      [consoleOutput.type]: ({ id }: { id: string }) => this.console(host, id),
    };
    const answer = answers[contract.type] ?? this.storage.answers(contract);
    if (answer === undefined) throw new Error(`Nobody answers ${contract.type}.`);
    return answer(request as never);
  }

  /** A command has come out of a host's queue. */
  obey(host: string, type: string, body: unknown): void {
    const simulated = this.hosts.get(host);
    if (simulated !== undefined && !simulated.isGone && type === uploadDiskImage.type && !this.upload(simulated, body as never)) return;
    simulated?.obey(type, body);
    const guest = simulated?.guests.get((body as { id: string }).id);
    if (guest?.power === 'running' && !this.network.isGone) this.network.wire(guest.portIds);
  }

  /** A host uploads what it keeps for an image that waits for it; answers whether it did. */
  private upload(host: SimulatedHost, { id, generation, imageId }: { id: string; generation: number; imageId: string }): boolean {
    const [guest, image] = [host.guests.get(id), this.images.get(imageId)];
    if (guest === undefined || guest.generation > generation) return true;
    const isTaken = image?.status === 'queued' && guest.diskImages.includes(imageId);
    if (isTaken) Object.assign(image, { status: 'active', sizeBytes: GIBIBYTE / 4, virtualSizeBytes: GIBIBYTE, sha512: 'cd'.repeat(64) });
    else host.refuse(id, generation, uploadDiskImage.type, `image ${imageId} is not waiting for its bytes`);
    return isTaken;
  }

  private prepareImage({ imageId, name, projectId, diskFormat, minDiskGibibytes, minRamMebibytes, properties }: CallRequest<typeof prepareImage>): BootImage {
    const known = this.images.get(imageId);
    if (known !== undefined) return known;
    const made: BootImage = {
      id: imageId, name, status: 'queued', ownerId: projectId, sizeBytes: null, virtualSizeBytes: null, sha512: null, diskFormat, minDiskGibibytes, minRamMebibytes, properties,
    };
    this.images.set(imageId, made);
    return made;
  }

  private describeImage(id: string): BootImage {
    const image = this.images.get(id);
    if (image === undefined) throw new NotFound('image.unknown', `No image found with ID ${id}`);
    return image;
  }

  private console(host: string | undefined, id: string): { output: string } {
    const simulated = host === undefined ? undefined : this.hosts.get(host);
    if (simulated === undefined || simulated.isGone) throw new Unavailable('messaging.call.timed-out', 'The host did not answer in time.');
    return { output: simulated.consoles.get(id) ?? '' };
  }
}
