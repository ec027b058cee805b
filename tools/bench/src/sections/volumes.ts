import { cpuBetween, cpuSeconds } from '../cpu.js';
import { percentiles } from '../load.js';
import type { Session } from '../session.js';

interface Listed {
  id: string;
  status: string;
}

const ALONE = 50;
const AT_ONCE = 100;
const LISTED = 1_000;
const VERSION = { 'openstack-api-version': 'volume 3.70' };
const QUOTAS = ['volumes', 'gigabytes'];

/** Creating, extending, listing and deleting volumes on the cloud's default backend. */
export class Volumes {
  constructor(private readonly session: Session) {}

  async run(): Promise<void> {
    await this.demand('PUT', `/os-quota-sets/${this.session.projectId}`, { quota_set: Object.fromEntries(QUOTAS.map((name) => [name, -1])) });
    try {
      await this.createAlone();
      await this.createAtOnce();
      await this.listMany();
    } finally {
      await this.deleteAll();
      await this.demand('DELETE', `/os-quota-sets/${this.session.projectId}`);
    }
  }

  /** One after the other: the time from the request to available, and from an extension's to the new size. */
  private async createAlone(): Promise<void> {
    const created: number[] = [];
    const extended: number[] = [];
    for (let count = 0; count < ALONE; count++) {
      const startedAt = performance.now();
      const id = await this.create();
      await this.untilSettled([id], 5);
      created.push(performance.now() - startedAt);
      const extendedAt = performance.now();
      await this.demand('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 2 } });
      await this.untilSettled([id], 5);
      extended.push(performance.now() - extendedAt);
    }
    const { p50Ms, p95Ms } = percentiles(created);
    this.session.add({ what: 'volume: create → available, one', figures: { p50Ms, p95Ms }, budget: 'p50 ≤ 150 ms', isWithin: p50Ms <= 150 });
    const growth = percentiles(extended);
    this.session.add({ what: 'volume: extend → available, one', figures: { p50Ms: growth.p50Ms, p95Ms: growth.p95Ms } });
  }

  private async createAtOnce(): Promise<void> {
    const before = cpuSeconds(this.session.processes);
    const startedAt = performance.now();
    const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => this.create()));
    const answeredMs = performance.now() - startedAt;
    const failed = await this.untilSettled(ids, 60);
    const seconds = (performance.now() - startedAt) / 1000;
    const { total } = cpuBetween(before, cpuSeconds(this.session.processes));
    this.session.add({
      what: `volume: create → available, ${AT_ONCE} at once`, figures: { seconds, failed, ms: answeredMs, cpuMs: total * 1000 / AT_ONCE },
      budget: '≤ 5 s, none failed', isWithin: seconds <= 5 && failed === 0,
    });
  }

  private async listMany(): Promise<void> {
    const here = (await this.list()).length;
    for (let missing = LISTED - here; missing > 0; missing -= AT_ONCE) {
      const ids = await Promise.all(Array.from({ length: Math.min(missing, AT_ONCE) }, () => this.create()));
      await this.untilSettled(ids, 60);
    }
    const headers = { 'x-auth-token': this.session.token, ...VERSION };
    const url = `${this.url}/volumes/detail?limit=1000`;
    await this.session.measure(`list ${LISTED} volumes with details`, { concurrency: 1, seconds: 5, headers, question: () => ({ method: 'GET', url }) }, {
      text: '≤ 100 ms', holds: ({ p50Ms }) => p50Ms <= 100,
    });
  }

  /** Everything goes; says how long that took. */
  private async deleteAll(): Promise<void> {
    const startedAt = performance.now();
    const ours = (await this.list('?name=bench&limit=1000')).map(({ id }) => id);
    for (let at = 0; at < ours.length; at += AT_ONCE) await Promise.all(ours.slice(at, at + AT_ONCE).map((id) => this.send('DELETE', `/volumes/${id}`)));
    while ((await this.list('?name=bench&limit=1000')).length > 0) await pause();
    this.session.add({ what: `delete ${ours.length} volumes at once`, figures: { seconds: (performance.now() - startedAt) / 1000 } });
  }

  /** The catalog's address, with or without the project that older clients expect in it. */
  private get url(): string {
    return this.session.url('block-storage');
  }

  private async create(): Promise<string> {
    return (await this.demand<{ volume: { id: string } }>('POST', '/volumes', { volume: { name: 'bench', size: 1 } })).volume.id;
  }

  private async list(query = '?limit=1000'): Promise<Listed[]> {
    return (await this.demand<{ volumes: Listed[] }>('GET', `/volumes/detail${query}`)).volumes;
  }

  /** Answers how many are not available when they have settled, or have not in time. */
  private async untilSettled(ids: readonly string[], patienceSeconds: number): Promise<number> {
    const waiting = new Set(ids);
    let failed = 0;
    for (const startedAt = performance.now(); waiting.size > 0;) {
      if (performance.now() - startedAt > patienceSeconds * 1000) return failed + waiting.size;
      const looked = ids.length === 1 ? [(await this.demand<{ volume: Listed }>('GET', `/volumes/${ids[0]}`)).volume] : await this.list();
      for (const { id, status } of looked.filter((volume) => waiting.has(volume.id) && volume.status !== 'creating' && volume.status !== 'extending')) {
        waiting.delete(id);
        if (status !== 'available') failed += 1;
      }
      if (waiting.size > 0) await pause();
    }
    return failed;
  }

  private demand<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.session.client.demand<T>({ method, url: this.url + path, headers: VERSION, ...(body !== undefined && { body }) });
  }

  private send(method: string, path: string): Promise<unknown> {
    return this.session.client.send({ method, url: this.url + path, headers: VERSION });
  }
}

/** Between two looks: short beside what is measured, long enough not to be the load itself. */
function pause(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, 10); });
}
