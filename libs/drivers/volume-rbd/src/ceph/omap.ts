import { ABSENT, CephFailure, type CephTools } from './ceph-tools.js';

/**
 * A map of strings in one object of the pool, which is as durable as the images beside it.
 *
 * `rados` prints values as `hexdump` does, and takes them as arguments, of 128 KiB at most: secrets have to be sealed.
 */
export class Omap {
  constructor(private readonly ceph: CephTools, private readonly object: string) {}

  /** Makes the object; it may be there already. */
  async ensure(signal: AbortSignal): Promise<void> {
    await this.ceph.rados(['touch', this.object], signal);
  }

  async load(signal: AbortSignal): Promise<Map<string, string>> {
    return parseOmap(await this.ceph.rados(['listomapvals', this.object], signal).catch((error: unknown) => {
      if (error instanceof CephFailure && isAbsent(error)) return '';
      throw error;
    }));
  }

  async put(key: string, value: string, signal: AbortSignal): Promise<void> {
    await this.ceph.rados(['setomapval', this.object, key, value], signal);
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.ceph.rados(['rmomapkey', this.object, key], signal);
  }
}

/** `rados` ends with 1 whatever it was, and says what in words. */
const isAbsent = (error: CephFailure): boolean => error.errno === ABSENT || error.message.includes('No such file or directory');

/**
 * What `rados listomapvals` prints: a key, `value (N bytes) :`, and lines of an offset and up to sixteen bytes, where `*`
 * stands for repetitions of the line before.
 */
export function parseOmap(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const size = /^value \((\d+) bytes\) :$/.exec(lines[at + 1] ?? '');
    if (size === null) continue;
    const value = Buffer.alloc(Number(size[1]));
    const key = lines[at] ?? '';
    at = readDump(lines, at + 2, value);
    found.set(key, value.toString('utf8'));
  }
  return found;
}

/** Fills `value` from the dump that begins at `at`, and answers where it ends. */
function readDump(lines: string[], at: number, value: Buffer): number {
  let filled = 0;
  let last = Buffer.alloc(0);
  for (; at < lines.length && lines[at] !== ''; at += 1) {
    const [, offset, bytes = ''] = /^([0-9a-f]{8})((?: {1,2}[0-9a-f]{2})*)/.exec(lines[at] ?? '') ?? [];
    if (offset === undefined) continue;
    // What lies between is what `*` stood for.
    for (const until = Number.parseInt(offset, 16); filled < until && last.length > 0; filled += last.length) last.copy(value, filled);
    last = Buffer.from(bytes.replaceAll(' ', ''), 'hex');
    filled += last.copy(value, filled);
  }
  return at;
}
