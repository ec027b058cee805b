import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Session } from '../session.js';
import { PlainFileServer } from './plain-files.js';

const MEBIBYTE = 1024 * 1024;
const MEBIBYTES = 256;
/** Of both in turn, so that both meet the same machine; the median counts. */
const ROUNDS = 5;
/** What encryption, checksums and Swift's headers may cost of a plain server's speed, at most. */
const LEAST_PERCENT = 60;

/** One large object after the other, streamed in and out, beside the plainest server that streams its files too. */
export class LargeObjects {
  constructor(private readonly session: Pick<Session, 'client' | 'add'>, private readonly container: string, private readonly directory: string) {}

  async run(): Promise<void> {
    const plain = await PlainFileServer.start(this.directory);
    const rounds = { plain: new Rounds(this.session, plain.url), ours: new Rounds(this.session, this.container) };
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await rounds.plain.run();
        await rounds.ours.run();
      }
    } finally {
      await plain.stop();
    }
    const size = `${MEBIBYTES} MiB`;
    const [theirs, ours] = [rounds.plain.medians(), rounds.ours.medians()];
    this.session.add({ what: `plain file server: PUT ${size}, streamed and synced, then GET`, figures: theirs });
    const readPercentOfPlain = 100 * ours.readMebibytesPerSecond / theirs.readMebibytesPerSecond;
    const writePercentOfPlain = 100 * ours.writeMebibytesPerSecond / theirs.writeMebibytesPerSecond;
    this.session.add({
      what: `object storage: PUT ${size}, then GET`, figures: { ...ours, writePercentOfPlain, readPercentOfPlain },
      budget: `GET ≥ ${LEAST_PERCENT} % of plain`, isWithin: readPercentOfPlain >= LEAST_PERCENT,
    });
  }
}

class Rounds {
  private readonly writes: number[] = [];
  private readonly reads: number[] = [];

  constructor(private readonly session: Pick<Session, 'client'>, private readonly directoryUrl: string) {}

  async run(): Promise<void> {
    const url = `${this.directoryUrl}/large`;
    const block = randomBytes(MEBIBYTE);
    const body = Readable.from(Array.from({ length: MEBIBYTES }, () => block));
    this.writes.push(await this.speed({ method: 'PUT', url, headers: { 'content-length': String(MEBIBYTES * MEBIBYTE) }, body }));
    this.reads.push(await this.speed({ method: 'GET', url, discards: true }));
  }

  medians(): { writeMebibytesPerSecond: number; readMebibytesPerSecond: number } {
    return { writeMebibytesPerSecond: median(this.writes), readMebibytesPerSecond: median(this.reads) };
  }

  private async speed(question: Parameters<Session['client']['send']>[0]): Promise<number> {
    const { status, bytes, elapsedMs } = await this.session.client.send(question);
    if (status >= 300) throw new Error(`${question.method} ${question.url} was answered ${status}.`);
    if (question.method === 'GET' && bytes !== MEBIBYTES * MEBIBYTE) throw new Error(`${question.url} gave ${bytes} bytes.`);
    return MEBIBYTES / (elapsedMs / 1000);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
