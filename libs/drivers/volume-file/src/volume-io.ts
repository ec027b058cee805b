import { randomUUID } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import type { VolumeBlock, VolumeKey } from '@virga/ports';
import type { Layer } from './catalog.js';
import { readBlocks, writeBlock } from './nbd/disk-blocks.js';
import { MOST_BYTES, NbdClient } from './nbd/nbd-client.js';
import type { Vault } from './qemu/vault.js';

interface Opened {
  client: NbdClient;
  close(): Promise<void>;
}

/** Enough for the daemon to finish what it was asked. */
const CLOSE_WITHIN_MS = 20_000;

/**
 * Reads and writes disks as their guests would: by an export of our own in the vault.
 *
 * Theory of operation. Each piece of work opens the chain under a name of its own and closes it when it ends; what a crash
 * leaves open has no record and is closed at the next start. QEMU's locks refuse to open for writing what anybody has open.
 */
export class VolumeIo {
  constructor(private readonly vault: Vault) {}

  /** The bytes from `first` to `last`, both included. */
  async read(chain: Layer[], key: VolumeKey | undefined, range: { first: number; last: number } | undefined, signal: AbortSignal): Promise<Readable> {
    const opened = await this.open(chain, { isWritable: false, key }, signal);
    const last = Math.min(range?.last ?? Infinity, opened.client.sizeBytes - 1);
    const stream = Readable.from(chunks(opened, range?.first ?? 0, last), { objectMode: false, highWaterMark: MOST_BYTES });
    // A stream that nobody ever reads from does not run its generator, nor what stands in its `finally`.
    stream.once('close', () => { opened.close().catch(() => undefined); });
    return addAbortSignal(signal, stream);
  }

  /** Everything of `blocks` is durable when it resolves. */
  async write(chain: Layer[], key: VolumeKey | undefined, blocks: AsyncIterable<VolumeBlock>, signal: AbortSignal): Promise<void> {
    const { client, close } = await this.open(chain, { isWritable: true, key }, signal);
    try {
      for await (const block of blocks) {
        signal.throwIfAborted();
        await writeBlock(client, block);
      }
      await client.flush();
    } finally {
      await close();
    }
  }

  private async open(chain: Layer[], options: { isWritable: boolean; key: VolumeKey | undefined }, signal: AbortSignal): Promise<Opened> {
    const work = `w${randomUUID()}`;
    const nodes = await this.vault.running(signal);
    const close = async (): Promise<void> => {
      await nodes.removeExport(work, AbortSignal.timeout(CLOSE_WITHIN_MS));
      await this.vault.closeChain(nodes, work);
    };
    try {
      const top = await this.vault.openChain(nodes, work, chain, options);
      await nodes.addExport(work, top, work, { isWritable: options.isWritable, writethrough: false });
      const client = await NbdClient.connect(this.vault.socketPath, work, signal);
      let closing: Promise<void> | undefined;
      return { client, close: () => closing ??= Promise.resolve(client.close()).then(close) };
    } catch (error) {
      await close().catch(() => undefined);
      throw error;
    }
  }
}

async function* chunks({ client, close }: Opened, first: number, last: number): AsyncGenerator<Buffer> {
  try {
    yield* readBlocks(client, first, last);
  } finally {
    await close();
  }
}
