import { Readable } from 'node:stream';
import { listArguments } from '../listing/index.js';
import { compressionOf } from './bulk/archive.js';
import { linesOf } from './bulk/bulk-deletions.js';
import { parseRequestedManifest } from './slo/requested-manifest.js';
import { parseSignature } from './temp-url/digest.js';

/** As long as all headers of a request together may be. */
const LONG = 60_000;
/** Linear work takes a few milliseconds; what grows with the square of the length takes seconds. */
const MOST_MS = 500;

async function millisecondsOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  try {
    await work();
  } catch {
    // Refused is as good as read.
  }
  return performance.now() - began;
}

describe('long runs of one character', () => {
  const attacks: Record<string, () => unknown> = {
    'in the path of a listing': () => listArguments({ path: `${'/'.repeat(LONG)}x`, limit: 1 }),
    'in the kind of an archive': () => compressionOf(`${'.'.repeat(LONG)}x`),
    'in the signature of a temporary URL': () => parseSignature(`sha1:${'='.repeat(LONG)}x`),
    'in a manifest\'s inline data': () => parseRequestedManifest(Buffer.from(JSON.stringify([{ data: `${'='.repeat(LONG)}x` }])), { container: 'c', name: 'o' }),
    'in a line of a bulk deletion': async () => {
      for await (const line of linesOf(Readable.from([Buffer.from(`x${' '.repeat(LONG)}x\n`)]), LONG)) expect(line.length).toBeGreaterThanOrEqual(0);
    },
  };

  it.each(Object.keys(attacks))('%s hold nobody up', async (where) => {
    expect(await millisecondsOf(attacks[where] as () => unknown)).toBeLessThan(MOST_MS);
  });
});
