import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { ArchiveInvalid, compressionOf, filesOf, type Compression } from './archive.js';

const contents: Record<string, Buffer> = { 'c/small': Buffer.from('hello'), 'c/empty': Buffer.alloc(0), 'd/large': randomBytes(3_000_000) };

const attributes = { pax: { 'SCHILY.xattr.user.meta.Colour': 'blue' } };

async function tarOf(files: Record<string, Buffer>): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'c', type: 'directory' });
  for (const [name, bytes] of Object.entries(files)) archive.entry({ name, ...attributes }, bytes);
  archive.entry({ name: 'c/link', type: 'symlink', linkname: 'small' });
  archive.finalize();
  return buffer(archive);
}

const compress: Record<Compression, (tar: Buffer) => Buffer> = {
  none: (tar) => tar, gzip: (tar) => gzipSync(tar), bzip2: (tar) => execFileSync('bzip2', ['--compress', '--stdout'], { input: tar, maxBuffer: 1 << 26 }),
};

async function read(bytes: Buffer, compression: Compression, signal = new AbortController().signal): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) => bytes.subarray(index * 65_536, (index + 1) * 65_536));
  for await (const file of filesOf(Readable.from(chunks, { objectMode: false }), compression, signal)) {
    const content = await buffer(file.bytes);
    expect(content).toHaveLength(file.sizeBytes);
    expect(file.attributes['SCHILY.xattr.user.meta.Colour']).toBe('blue');
    found[file.name] = content;
  }
  return found;
}

describe('reading an uploaded archive', () => {
  it.each<Compression>(['none', 'gzip', 'bzip2'])('gives the files of a tar with compression %s, and only files', async (compression) => {
    const found = await read(compress[compression](await tarOf(contents)), compression);
    expect(Object.keys(found)).toEqual(Object.keys(contents));
    for (const [name, bytes] of Object.entries(contents)) expect(found[name]?.equals(bytes)).toBe(true);
  });

  it.each<[string, Compression]>([['gzip', 'gzip'], ['bzip2', 'bzip2'], ['tar', 'none']])('says that %s data is damaged', async (_, compression) => {
    await expect(read(Buffer.from('this is no archive at all'.repeat(100)), compression)).rejects.toBeInstanceOf(ArchiveInvalid);
  });

  it.each<Compression>(['none', 'gzip', 'bzip2'])('does not take an archive that was cut off for a whole one (%s)', async (compression) => {
    const whole = compress[compression](await tarOf(contents));
    await expect(read(whole.subarray(0, whole.length / 2), compression)).rejects.toThrow();
  });

  it('stops reading, and leaves the body alive, when the reader has seen enough', async () => {
    const body = Readable.from([await tarOf(contents)], { objectMode: false });
    for await (const file of filesOf(body, 'none', new AbortController().signal)) {
      expect(file.name).toBe('c/small');
      break;
    }
    expect(body.errored).toBeNull();
    expect(await buffer(body)).toBeDefined();
  });

  it('ends when the client has gone', async () => {
    const gone = new AbortController();
    const endless = new Readable({ read() { /* never */ } });
    const reading = (async () => { for await (const file of filesOf(endless, 'gzip', gone.signal)) expect(file).toBeUndefined(); })();
    gone.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
  });

  it('knows the names of archive types', () => {
    expect(['tar', '.tar.gz', 'TAR.BZ2', 'zip'].map(compressionOf)).toEqual(['none', 'gzip', 'bzip2', undefined]);
  });
});
