import { cpuBetween, cpuSeconds } from '../cpu.js';
import { percentiles } from '../load.js';
import type { Session } from '../session.js';
import { SIMULATED_ZONE } from './simulated-host.js';

interface Listed {
  id: string;
  status: string;
}

const ALONE = 50;
const AT_ONCE = 100;
const LISTED = 1_000;

/** Creating, listing and deleting servers on the simulated host. */
export class Servers {
  private networkId = '';
  private request: Record<string, unknown> = {};

  constructor(private readonly session: Session) {}

  /** A network that is large enough, and quotas out of the way. */
  async prepare(): Promise<void> {
    const { client, projectId } = this.session;
    const network = `${this.session.url('network')}/v2.0`;
    const all = Object.fromEntries(['instances', 'cores', 'ram'].map((name) => [name, -1]));
    await client.demand({ method: 'PUT', url: `${this.session.url('compute')}/os-quota-sets/${projectId}`, body: { quota_set: all } });
    await client.demand({ method: 'PUT', url: `${network}/quotas/${projectId}`, body: { quota: { port: -1, network: -1, subnet: -1 } } });
    this.networkId = (await client.demand<{ network: { id: string } }>({ method: 'POST', url: `${network}/networks`, body: { network: { name: 'bench' } } })).network.id;
    await client.demand({ method: 'POST', url: `${network}/subnets`, body: { subnet: { network_id: this.networkId, ip_version: 4, cidr: '10.200.0.0/19' } } });
    const { flavors } = await client.demand<{ flavors: { id: string; name: string }[] }>({ method: 'GET', url: `${this.session.url('compute')}/flavors` });
    const { images } = await client.demand<{ images: { id: string; name: string }[] }>({ method: 'GET', url: `${this.session.url('image')}/v2/images?name=virga-linux` });
    this.request = {
      name: 'bench', flavorRef: flavors.find(({ name }) => name === 'm1.nano')?.id, imageRef: images[0]?.id, networks: [{ uuid: this.networkId }], availability_zone: SIMULATED_ZONE,
    };
  }

  /** One after the other: the time from the request to ACTIVE. Answers one server that stays. */
  async createAlone(): Promise<string> {
    const times: number[] = [];
    let id = '';
    for (let count = 0; count < ALONE; count++) {
      const startedAt = performance.now();
      id = await this.create();
      await this.untilActive([id], 5);
      times.push(performance.now() - startedAt);
    }
    const { p50Ms, p95Ms } = percentiles(times);
    this.session.add({ what: 'create → ACTIVE, one', figures: { p50Ms, p95Ms }, budget: 'p95 ≤ 300 ms', isWithin: p95Ms <= 300 });
    return id;
  }

  async createAtOnce(): Promise<void> {
    const before = cpuSeconds(this.session.processes);
    const startedAt = performance.now();
    const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => this.create()));
    const answeredMs = performance.now() - startedAt;
    const failed = await this.untilActive(ids, 60);
    const seconds = (performance.now() - startedAt) / 1000;
    const { total } = cpuBetween(before, cpuSeconds(this.session.processes));
    this.session.add({
      what: `create → ACTIVE, ${AT_ONCE} at once`, figures: { seconds, failed, ms: answeredMs, cpuMs: total * 1000 / AT_ONCE },
      budget: '≤ 5 s, none failed', isWithin: seconds <= 5 && failed === 0,
    });
  }

  async listMany(): Promise<void> {
    const here = (await this.list('/servers?limit=1000')).length;
    for (let missing = LISTED - here; missing > 0; missing -= AT_ONCE) {
      await this.session.client.demand({ method: 'POST', url: `${this.compute}/servers`, body: { server: { ...this.request, min_count: Math.min(missing, AT_ONCE), max_count: Math.min(missing, AT_ONCE) } } });
    }
    await this.untilAllActive();
    const url = `${this.compute}/servers/detail?limit=1000`;
    const headers = { 'x-auth-token': this.session.token, 'openstack-api-version': 'compute 2.93' };
    await this.session.measure(`list ${LISTED} servers with details`, { concurrency: 1, seconds: 5, headers, question: () => ({ method: 'GET', url }) }, {
      text: '≤ 100 ms', holds: ({ p50Ms }) => p50Ms <= 100,
    });
  }

  /** Everything goes; says how long that took. */
  async deleteAll(): Promise<void> {
    const startedAt = performance.now();
    const servers = await this.list('/servers?limit=1000');
    await Promise.all(servers.map(({ id }) => this.session.client.send({ method: 'DELETE', url: `${this.compute}/servers/${id}` })));
    while ((await this.list('/servers?limit=1000')).length > 0) await pause();
    this.session.add({ what: `delete ${servers.length} servers at once`, figures: { seconds: (performance.now() - startedAt) / 1000 } });
    await this.session.client.demand({ method: 'DELETE', url: `${this.session.url('network')}/v2.0/networks/${this.networkId}` });
  }

  private get compute(): string {
    return this.session.url('compute');
  }

  private async create(): Promise<string> {
    return (await this.session.client.demand<{ server: { id: string } }>({ method: 'POST', url: `${this.compute}/servers`, body: { server: this.request } })).server.id;
  }

  private async list(path: string): Promise<Listed[]> {
    return (await this.session.client.demand<{ servers: Listed[] }>({ method: 'GET', url: this.compute + path })).servers;
  }

  private async untilAllActive(): Promise<void> {
    while ((await this.list('/servers/detail?limit=1000')).some(({ status }) => status === 'BUILD')) await pause();
  }

  /** Answers how many ended in ERROR. */
  private async untilActive(ids: readonly string[], patienceSeconds: number): Promise<number> {
    const waiting = new Set(ids);
    let failed = 0;
    for (const startedAt = performance.now(); waiting.size > 0;) {
      if (performance.now() - startedAt > patienceSeconds * 1000) return failed + waiting.size;
      const looked = ids.length === 1
        ? [(await this.session.client.demand<{ server: Listed }>({ method: 'GET', url: `${this.compute}/servers/${ids[0]}` })).server]
        : await this.list('/servers/detail?limit=1000');
      for (const { id, status } of looked.filter((server) => waiting.has(server.id) && server.status !== 'BUILD')) {
        waiting.delete(id);
        if (status !== 'ACTIVE') failed += 1;
      }
      if (waiting.size > 0) await pause();
    }
    return failed;
  }
}

/** Between two looks: short beside what is measured, long enough not to be the load itself. */
function pause(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, 20); });
}
