import { randomBytes } from 'node:crypto';
import type { Question } from '../client.js';
import { load, percentiles } from '../load.js';
import type { Session } from '../session.js';
import { LargeObjects } from './large-objects.js';
import { ManyNames } from './many-names.js';
import { PlainFileServer, syncedWritesPerSecond } from './plain-files.js';

const KIBIBYTE = 1024;
const CONCURRENCY = 16;
const SECONDS = 4;
const DELETES = 4_000;

type Budget = { text: string; holds: (result: { perSecond: number }) => boolean };
const atLeast = (perSecond: number): Budget => ({ text: `≥ ${perSecond}/s`, holds: (result) => result.perSecond >= perSecond });

/** Small and large objects, durable when answered, beside what the disk and the plainest file server give in the same minutes. */
export class ObjectBench {
  private readonly container: string;
  /** On the disk that the objects are kept on. */
  private readonly directory: string;

  constructor(private readonly session: Session) {
    this.container = `${session.url('object-store')}/bench-${Date.now()}`;
    this.directory = `${session.cloud.stateDirectory}/objects`;
  }

  async run(): Promise<void> {
    await this.demand({ method: 'PUT', url: this.container });
    try {
      await this.small(4 * KIBIBYTE, { put: atLeast(1_000), get: atLeast(4_000) });
      await this.small(64 * KIBIBYTE, {});
      await this.deletes();
      await new LargeObjects(this.session, this.container, this.directory).run();
    } finally {
      await this.empty();
    }
    await this.list();
  }

  private async small(bytes: number, budgets: { put?: Budget; get?: Budget }): Promise<void> {
    const body = randomBytes(bytes);
    const what = `${bytes / KIBIBYTE} KiB`;
    const { directory } = this;
    this.session.add({ what: `disk: ${what} written and synced, one after the other`, figures: { perSecond: syncedWritesPerSecond(directory, bytes, SECONDS) } });
    const plain = await PlainFileServer.start(directory);
    try {
      await this.plainly(`plain file server: PUT ${what}, synced`, (index) => ({ method: 'PUT', url: `${plain.url}/f${index % 2_000}`, body }));
      await this.plainly(`plain file server: GET ${what}`, (index) => ({ method: 'GET', url: `${plain.url}/f${index % 500}` }));
    } finally {
      await plain.stop();
    }
    const url = (index: number): string => `${this.container}/${bytes}/${index}`;
    const headers = { 'x-auth-token': this.session.token };
    await this.session.measure(`object storage: PUT ${what}`, { concurrency: CONCURRENCY, seconds: SECONDS, headers, question: (index) => ({ method: 'PUT', url: url(index), body }) }, budgets.put);
    await this.session.measure(`object storage: GET ${what}`, { concurrency: CONCURRENCY, seconds: SECONDS, headers, question: (index) => ({ method: 'GET', url: url(index % 500) }) }, budgets.get);
  }

  private async plainly(what: string, question: (index: number) => Question): Promise<void> {
    const { perSecond, p50Ms, p99Ms, failed } = await load({ concurrency: CONCURRENCY, seconds: SECONDS / 2, question });
    this.session.add({ what, figures: { perSecond, p50Ms, p99Ms, failed } });
  }

  private async deletes(): Promise<void> {
    const names = Array.from({ length: DELETES }, (_, index) => `${this.container}/d/${index}`);
    const body = randomBytes(4 * KIBIBYTE);
    await this.each(names, (url) => ({ method: 'PUT', url, body }));
    const startedAt = performance.now();
    const times = await this.each(names, (url) => ({ method: 'DELETE', url }));
    this.session.add({ what: 'object storage: DELETE', figures: { perSecond: DELETES / ((performance.now() - startedAt) / 1000), ...percentiles(times) } });
  }

  private async list(): Promise<void> {
    await this.demand({ method: 'PUT', url: this.container });
    const names = new ManyNames(this.session.cloud.stateDirectory, this.container.split('/').at(-1) ?? '');
    try {
      await names.insert(1_000_000);
      const page = (query: string) => (index: number): Question => ({ method: 'GET', url: `${this.container}?format=json&limit=1000&${query}&marker=${ManyNames.nth((index * 7919) % 990_000)}` });
      const headers = { 'x-auth-token': this.session.token };
      await this.session.measure('object storage: list 1,000 of 1,000,000', { concurrency: 2, seconds: SECONDS, headers, question: page('') });
      await this.session.measure('object storage: list 1,000 folders of 10,000 with 100 each', { concurrency: 2, seconds: SECONDS, headers, question: page('delimiter=/') });
    } finally {
      await names.remove();
      await this.demand({ method: 'DELETE', url: this.container });
    }
  }

  private async empty(): Promise<void> {
    for (;;) {
      const found = await this.session.client.demand<{ name: string }[]>({ method: 'GET', url: `${this.container}?format=json` });
      if (found.length === 0) break;
      await this.each(found.map(({ name }) => `${this.container}/${encodeURIComponent(name)}`), (url) => ({ method: 'DELETE', url }));
    }
    await this.demand({ method: 'DELETE', url: this.container });
  }

  private async each(urls: readonly string[], question: (url: string) => Question): Promise<number[]> {
    const times: number[] = [];
    let next = 0;
    const asker = async (): Promise<void> => {
      for (let url = urls[next++]; url !== undefined; url = urls[next++]) {
        const answer = await this.session.client.send(question(url));
        if (answer.status >= 300) throw new Error(`${url} was answered ${answer.status}.`);
        times.push(answer.elapsedMs);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, asker));
    return times;
  }

  private async demand(question: Question): Promise<void> {
    const { status } = await this.session.client.send(question);
    if (status >= 300) throw new Error(`${question.method} ${question.url} was answered ${status}.`);
  }
}
