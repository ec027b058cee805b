import { Readable } from 'node:stream';
import { listArguments } from '../listing/index.js';
import { grantsOfHeaders } from '../s3/acl/grant-headers.js';
import { compressionOf } from '../swift/bulk/archive.js';
import { linesOf } from '../swift/bulk/bulk-deletions.js';
import { parseRequestedManifest } from '../swift/slo/requested-manifest.js';
import { parseSignature } from '../swift/temp-url/digest.js';
import { withoutEnd, withoutEnds } from './index.js';

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
    'in a grant': () => grantsOfHeaders((name) => (name === 'x-amz-grant-read' ? `id=${' '.repeat(2_000)}"` : undefined)),
    'in a line of a bulk deletion': async () => {
      for await (const line of linesOf(Readable.from([Buffer.from(`x${' '.repeat(LONG)}x\n`)]), LONG)) expect(line.length).toBeGreaterThanOrEqual(0);
    },
  };

  it.each(Object.keys(attacks))('%s hold nobody up', async (where) => {
    expect(await millisecondsOf(attacks[where] as () => unknown)).toBeLessThan(MOST_MS);
  });

  it('are cut off at the ends only', () => {
    expect(withoutEnd('//a//b//', '/')).toBe('//a//b');
    expect(withoutEnds(' \t a b\r ', ' \t\r')).toBe('a b');
    expect(withoutEnds('///', '/')).toBe('');
  });
});
