import { randomUUID } from 'node:crypto';
import { apiClient, demoProject, type ApiAnswer, type ApiRequest } from '@virga/testing';
import { HttpServers } from '@virga/http';
import type { ConnectedWorld } from './furnished-world.js';

/** What scenes and fuzzing make in a compute service: things that exist, owned by alice of project demo. */
export class SceneWorld {
  private lasting: string | undefined;

  constructor(readonly compute: ConnectedWorld) {}

  /** Nothing that scenes make may fail for lack of quota. */
  async liftQuotas(): Promise<void> {
    for (const name of ['instances', 'cores', 'ram', 'key_pairs', 'server_groups', 'server_group_members']) {
      await this.compute.database.sql`
        INSERT INTO identity.registered_limit (id, service_id, resource_name, default_limit) VALUES (${name}, 'compute-service', ${name}, -1) ON CONFLICT DO NOTHING`;
    }
  }

  /** An active server that stays: for what changes nothing that matters. */
  async server(): Promise<string> {
    if (this.lasting === undefined || (await this.compute.database.sql`SELECT FROM server WHERE id = ${this.lasting} AND deleted_at IS NULL AND task IS NULL`).length === 0) {
      this.lasting = await this.compute.activeServer({ tags: ['a'], metadata: { key: 'value' } });
    }
    return this.lasting;
  }

  async flavor(more: Record<string, unknown> = {}): Promise<string> {
    const id = randomUUID();
    await this.made({ as: 'admin', method: 'POST', url: '/v2.1/flavors', body: { flavor: { id, name: id, ram: 64, vcpus: 1, disk: 1, ...more } } });
    await this.made({ as: 'admin', method: 'POST', url: `/v2.1/flavors/${id}/os-extra_specs`, body: { extra_specs: { key: 'value' } } });
    return id;
  }

  async keypair(as = 'alice'): Promise<string> {
    const name = randomUUID();
    await this.made({ as, method: 'POST', url: '/v2.1/os-keypairs', body: { keypair: { name, public_key: PUBLIC_KEY } } });
    return name;
  }

  async aggregate(): Promise<string> {
    const answer = await this.made({ as: 'admin', method: 'POST', url: '/v2.1/os-aggregates', body: { aggregate: { name: randomUUID() } } });
    return String((answer as { aggregate: { id: number } }).aggregate.id);
  }

  async host(): Promise<{ name: string; number: string; id: string; service: string }> {
    await this.server();
    const [row] = await this.compute.database.sql<{ name: string; number: number; id: string; service_id: string }>`SELECT name, number, id, service_id FROM host ORDER BY number LIMIT 1`;
    if (row === undefined) throw new Error('There is no host.');
    return { name: row.name, number: String(row.number), id: row.id, service: row.service_id };
  }

  /** Something in one of the peers' collections. */
  peerEntry(collection: 'security-groups' | 'security-group-rules' | 'floatingips', more: Record<string, unknown> = {}): string {
    const id = randomUUID();
    this.compute.peers.collections[collection]?.set(id, { id, name: id, description: '', project_id: demoProject, ...more });
    return id;
  }

  /** A volume or snapshot of block storage. */
  stored(kind: 'volumes' | 'snapshots'): string {
    const id = randomUUID();
    this.compute.peers.storage[kind].set(id, { id, status: 'available', size: 1, created_at: '', volume_id: id });
    return id;
  }

  image(): string {
    const id = randomUUID();
    this.compute.peers.images.set(id, { id, name: 'disk', status: 'active', colour: 'red', created_at: '', updated_at: '' });
    return id;
  }

  readonly placement = apiClient(() => this.compute.running.app.get(HttpServers).server('placement'));

  async provider(): Promise<string> {
    const answer = await this.placement({ as: 'admin', method: 'POST', url: '/resource_providers', body: { name: randomUUID() }, headers: PLACEMENT });
    return (answer.body as { uuid: string }).uuid;
  }

  private async made(request: ApiRequest): Promise<unknown> {
    const answer: ApiAnswer = await this.compute.request(request);
    if (answer.status > 299) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}

const PLACEMENT = { 'openstack-api-version': 'placement 1.39' };
export const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMxRQQRrcWzxPHYVv8h4gNFcWmCUqzTjPQ6n0Zb0yK3j somebody@somewhere';
