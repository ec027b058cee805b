import { createHash } from 'node:crypto';
import { fc } from '@virga/testing/fast-check';
import { piecesOf, type Piece } from './pieces.js';
import { parseRequestedManifest } from './requested-manifest.js';
import { largeObjectEtag, largeObjectSize, type StoredSegment } from './stored-manifest.js';

const self = { container: 'c', name: 'manifest' };
const parse = (entries: unknown) => parseRequestedManifest(Buffer.from(JSON.stringify(entries)), self);
const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex');

describe('reading a requested manifest', () => {
  it('refuses paths that no object can have', () => {
    for (const path of ['/c/\0', '/c\0/o', '/c/\ud800']) expect(() => parse([{ path }])).toThrow('path does not refer to an object');
  });

  it('does not answer millions of wrong entries with as many lines', () => {
    const words = (): string => { try { parse(Array.from({ length: 100_000 }, () => 0)); } catch (error) { return (error as Error).message; } return ''; };
    expect(words().split('\n').length).toBeLessThan(1100);
  });

  it('names every entry that is wrong, each on its own line', () => {
    const entries = [
      7, { size_bytes: 3 }, { path: '/c/a', teag: 'x' }, { path: 3 }, { path: '/c/a', etag: 4 }, { path: 'c' }, { path: '/c/a', size_bytes: 'x' },
      { path: '/c/a', size_bytes: 0 }, { path: '/c/manifest' }, { path: '/c/a', range: 'x' }, { path: '/c/a', range: '1-2,4-5' },
      { path: '/c/a', size_bytes: 4, range: '4-' }, { data: '%' }, { data: '' },
    ];
    expect(() => parse(entries)).toThrow([
      'Index 0: not a JSON object', "Index 1: expected keys to include one of 'data' or 'path'", 'Index 2: extraneous keys "teag"',
      'Index 3: "path" must be a string', 'Index 4: "etag" must be a string or null (if provided)',
      'Index 5: path does not refer to an object. Path must be of the form /container/object.', 'Index 6: invalid size_bytes',
      'Index 7: too small; each segment must be at least 1 byte.', 'Index 8: manifest must not include itself as a segment',
      'Index 9: invalid range', 'Index 10: multiple ranges (only one allowed)', 'Index 11: unsatisfiable range',
      'Index 12: data must be valid base64', 'Index 13: too small; each segment must be at least 1 byte.', '',
    ].join('\n'));
  });

  it.each([['{"path":', 'Manifest must be valid JSON.\n'], ['{}', 'Manifest must be a list.\n']])('refuses %s', (body, message) => {
    expect(() => parseRequestedManifest(Buffer.from(body), self)).toThrow(message);
  });

  it('refuses inline data alone', () => {
    expect(() => parse([{ data: 'YQ==' }])).toThrow('Inline data segments require at least one object-backed segment.\n');
  });

  it('takes sizes as text, null for what is not said, and base64 without padding', () => {
    expect(parse([{ path: 'c/o/p/', etag: null, size_bytes: '12', range: '-5' }, { data: 'YQ' }])).toEqual([
      { kind: 'object', path: 'c/o/p/', container: 'c', name: 'o/p/', etag: undefined, sizeBytes: 12, range: { first: undefined, last: 5 } },
      { kind: 'data', bytes: Buffer.from('a') },
    ]);
  });
});

describe('a stored manifest', () => {
  const segment = (letter: string, size: number, range?: string): StoredSegment => ({
    name: `/c/${letter}`, bytes: size, hash: md5(letter.repeat(size)), content_type: 'text/plain', last_modified: '2024-01-01T00:00:00.000000',
    ...(range !== undefined && { range }),
  });

  it("has the MD5 of its segments' etags and ranges as etag", () => {
    const segments = [segment('a', 4), segment('b', 9, '2-3'), { data: Buffer.from('xyz').toString('base64') }];
    expect(largeObjectEtag(segments)).toBe(md5(`${md5('aaaa')}${md5('b'.repeat(9))}:2-3;${md5('xyz')}`));
    expect(largeObjectSize(segments)).toBe(4 + 2 + 3);
  });

  /** Objects by name, and a manifest over them nested `depth` levels; the expected bytes beside. */
  const world = fc.array(fc.record({
    letter: fc.constantFrom('a', 'b', 'c', 'd'), size: fc.integer({ min: 1, max: 9 }), from: fc.nat(8), to: fc.nat(8), kind: fc.constantFrom('whole', 'range', 'data', 'nested'),
  }), { minLength: 1, maxLength: 6 });

  it('gives for every range just the bytes that stand there', async () => {
    await fc.assert(fc.asyncProperty(world, fc.nat(60), fc.nat(60), async (entries, one, other) => {
      const manifests = new Map<string, StoredSegment[]>();
      let whole = '';
      const segments = entries.map(({ letter, size, from, to, kind }, index): StoredSegment => {
        const bytes = Array.from({ length: size }, (_, at) => String.fromCharCode(letter.charCodeAt(0) + at)).join('');
        if (kind === 'data') {
          whole += bytes;
          return { data: Buffer.from(bytes).toString('base64') };
        }
        const first = Math.min(from, to, size - 1);
        const last = Math.min(Math.max(from, to), size - 1);
        whole += kind === 'whole' ? bytes : bytes.slice(first, last + 1);
        const base = { name: `/c/${letter}${index}`, bytes: size, hash: 'h', content_type: '', last_modified: bytes };
        if (kind === 'nested') manifests.set(base.name, [{ ...base, name: '/c/leaf' }]);
        return { ...base, ...(kind !== 'whole' && { range: `${first}-${last}` }), ...(kind === 'nested' && { sub_slo: true as const }) };
      });
      const wanted = { first: Math.min(one, other), last: Math.max(one, other) };
      let got = '';
      for await (const piece of piecesOf(segments, wanted, (sub) => Promise.resolve(manifests.get(sub.name) ?? []))) got += textOf(piece);
      expect(got).toBe(whole.slice(wanted.first, wanted.last + 1));
    }));
  });

  it('does not follow manifests without end', async () => {
    const endless: StoredSegment = { name: '/c/loop', bytes: 3, hash: 'h', content_type: '', last_modified: '', sub_slo: true };
    const reading = async () => {
      for await (const piece of piecesOf([endless], { first: 0, last: 2 }, () => Promise.resolve([endless]))) expect(piece).toBeUndefined();
    };
    await expect(reading()).rejects.toMatchObject({ status: 409 });
  });
});

/** The specs keep a segment's bytes in its `last_modified`. */
function textOf(piece: Piece): string {
  return 'bytes' in piece ? piece.bytes.toString() : piece.segment.last_modified.slice(piece.range.first, piece.range.last + 1);
}
