import { openstackJson } from './cloud.js';
import { eventually } from './shell.js';

export interface Volume {
  id: string;
  status: string;
  size: number;
}

/** A service asked directly, as the user demo unless told otherwise: where a client that starts for a second would be too slow. */
class Api {
  private url = '';
  private token = '';

  constructor(private readonly type: string, private readonly version: string) {}

  async prepare(as: 'demo' | 'admin' = 'demo'): Promise<void> {
    this.token = (await openstackJson<{ id: string }>('token issue', as)).id;
    const endpoints = await openstackJson<{ 'Service Type': string; URL: string; Interface: string }[]>('endpoint list', 'admin');
    const url = endpoints.find((one) => one['Service Type'] === this.type && one.Interface === 'public')?.URL;
    if (url === undefined) throw new Error(`There is no endpoint of ${this.type}.`);
    this.url = url.replace(/\/$/, '').replace(/\/(%\(|\$\()(project|tenant)_id\)s?$/, '');
  }

  /** Throws where the service does not answer, or refuses. */
  async ask<T>(method: string, path: string, body?: object, version = this.version): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method, headers: { 'x-auth-token': this.token, 'content-type': 'application/json', 'openstack-api-version': version },
      ...(body !== undefined && { body: JSON.stringify(body) }), signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

/** The block storage service. */
export class BlockStorage extends Api {
  constructor() {
    super('block-storage', 'volume 3.70');
  }

  async create(volume: { size: number; source_volid?: string; volume_type?: string }): Promise<string> {
    return (await this.ask<{ volume: Volume }>('POST', '/volumes', { volume })).volume.id;
  }

  async show(id: string): Promise<Volume> {
    return (await this.ask<{ volume: Volume }>('GET', `/volumes/${id}`)).volume;
  }

  /** What becomes of a volume: what the first backend was found to be, and what users are told. */
  async outcome(size: number, type: string): Promise<{ status: string; backend: { name: string; outcome: string; reason: string; needed: number; available: number }; messages: string }> {
    const id = await this.create({ size, volume_type: type });
    const status = await eventually('a volume, or none', 30, async () => {
      const now = (await this.show(id)).status;
      return now === 'creating' ? undefined : now;
    });
    const { explanation } = await this.ask<{ explanation: { backends: [never] } }>('GET', `/x/volumes/${id}/placement-explanation`);
    return { status, backend: explanation.backends[0], messages: JSON.stringify(await this.ask('GET', `/messages?resource_uuid=${id}`)) };
  }

  /** To volumes of the first backend, in GiB. */
  async promised(): Promise<number> {
    const { pools } = await this.ask<{ pools: [{ capabilities: { allocated_capacity_gb: number } }] }>('GET', '/scheduler-stats/get_pools?detail=true');
    return pools[0].capabilities.allocated_capacity_gb;
  }

  async list(): Promise<Volume[]> {
    return (await this.ask<{ volumes: Volume[] }>('GET', '/volumes/detail')).volumes;
  }

  /** Volumes, snapshots and backups. */
  async everything(): Promise<Volume[]> {
    const { snapshots } = await this.ask<{ snapshots: Volume[] }>('GET', '/snapshots');
    const { backups } = await this.ask<{ backups: Volume[] }>('GET', '/backups/detail');
    return [...await this.list(), ...snapshots, ...backups];
  }

  snapshot(id: string): Promise<unknown> {
    return this.ask('POST', '/snapshots', { snapshot: { volume_id: id } });
  }

  backUp(id: string): Promise<unknown> {
    return this.ask('POST', '/backups', { backup: { volume_id: id, force: true } });
  }

  extend(id: string, size: number): Promise<unknown> {
    return this.ask('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: size } });
  }

  delete(id: string): Promise<unknown> {
    return this.ask('DELETE', `/volumes/${id}`);
  }

  /** Backups and snapshots first; answers when all are accepted. */
  async deleteAll(): Promise<void> {
    const { backups } = await this.ask<{ backups: Volume[] }>('GET', '/backups');
    for (const { id } of backups) await this.ask('DELETE', `/backups/${id}`);
    for (const { id } of await this.list()) await this.ask('DELETE', `/volumes/${id}?cascade=true`);
  }
}

export interface Server {
  id: string;
  name: string;
  status: string;
}

/** The servers of the compute service. */
export class Servers extends Api {
  private smallest = {};

  constructor() {
    super('compute', 'compute 2.93');
  }

  override async prepare(): Promise<void> {
    await super.prepare();
    const idOf = async (what: string): Promise<string> => (await openstackJson<{ id: string }>(what)).id;
    this.smallest = { flavorRef: await idOf('flavor show m1.nano'), imageRef: await idOf('image show virga-linux'), networks: [{ uuid: await idOf('network show private') }] };
  }

  /** So many servers, in one request: small ones, of the demo cloud's image, in its network. */
  create(name: string, count: number): Promise<unknown> {
    return this.ask('POST', '/servers', { server: { name, ...this.smallest, min_count: count, max_count: count } });
  }

  /** Those whose names begin so. */
  async named(prefix: string): Promise<Server[]> {
    return (await this.ask<{ servers: Server[] }>('GET', '/servers/detail')).servers.filter(({ name }) => name.startsWith(prefix));
  }

  delete(id: string): Promise<unknown> {
    return this.ask('DELETE', `/servers/${id}`);
  }
}

/** The volumes of servers. */
export class ServerVolumes extends Api {
  constructor() {
    super('compute', 'compute 2.93');
  }

  attach(server: string, id: string): Promise<unknown> {
    return this.ask('POST', `/servers/${server}/os-volume_attachments`, { volumeAttachment: { volumeId: id } });
  }

  swap(server: string, id: string, next: string): Promise<unknown> {
    return this.ask('PUT', `/servers/${server}/os-volume_attachments/${id}`, { volumeAttachment: { volumeId: next } });
  }

  /** Over the volume as well, where the server boots from one. */
  rebuild(server: string, image: string): Promise<unknown> {
    return this.ask('POST', `/servers/${server}/action`, { rebuild: { imageRef: image } });
  }

  /** By compute's proxy, which newer versions do not have: at once, not when a client has started. */
  deleteImage(id: string): Promise<unknown> {
    return this.ask('DELETE', `/images/${id}`, undefined, 'compute 2.35');
  }

  detach(server: string, id: string): Promise<unknown> {
    return this.ask('DELETE', `/servers/${server}/os-volume_attachments/${id}`);
  }
}
