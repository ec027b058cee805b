import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { systemClock } from '@virga/kernel';
import { Refused, type GuestDisk, type SeedDisk } from '@virga/ports';
import { ensureDisks } from './guest-disks.js';
import { ImageCache } from './image-cache.js';

const run = promisify(execFile);
const MEBIBYTE = 1024 * 1024;

describe('a guest\'s disks', () => {
  let root: string;
  let images: ImageCache;
  let served: Buffer;
  const signal = AbortSignal.timeout(30_000);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'disks-'));
    images = await ImageCache.open({ directory: join(root, 'images'), fetch: async () => Readable.from([served]), unusedLimitBytes: 0, clock: systemClock });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const guest = (): string => join(root, 'guest');
  const seedOf = (content: Buffer, format: SeedDisk['format']): SeedDisk => {
    served = content;
    return { imageId: 'image', sha512: createHash('sha512').update(content).digest('hex'), format, sizeBytes: content.length };
  };
  const qcow2 = async (...options: string[]): Promise<Buffer> => {
    const file = join(root, 'made.qcow2');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, file, '2M']);
    return readFile(file);
  };
  const root_ = (seed: SeedDisk, sizeBytes: number): GuestDisk => ({ target: 'vda', role: 'root', sizeBytes, seed });
  const inspect = async (target: string): Promise<Record<string, unknown>> =>
    JSON.parse((await run('qemu-img', ['info', '-f', 'qcow2', '--output=json', join(guest(), `${target}.qcow2`)])).stdout) as Record<string, unknown>;

  it('are overlays of the flavor\'s size on the image in its recorded format, and empty ones beside', async () => {
    const seed = seedOf(await qcow2(), 'qcow2');

    await ensureDisks(guest(), [root_(seed, 8 * MEBIBYTE), { target: 'vdb', role: 'ephemeral', sizeBytes: 3 * MEBIBYTE }], images, signal);

    expect(await inspect('vda')).toMatchObject({ 'virtual-size': 8 * MEBIBYTE, 'backing-filename': 'vda.base', 'backing-filename-format': 'qcow2' });
    expect(await inspect('vdb')).toMatchObject({ 'virtual-size': 3 * MEBIBYTE });
    expect(await inspect('vdb')).not.toHaveProperty('backing-filename');
    expect((await stat(join(guest(), 'vda.qcow2'))).mode & 0o777).toBe(0o600);
  });

  it('take the image\'s own size where the flavor has none, and refuse one that is too small', async () => {
    const seed = seedOf(await qcow2(), 'qcow2');

    await expect(ensureDisks(guest(), [root_(seed, MEBIBYTE)], images, signal)).rejects.toBeInstanceOf(Refused);
    await ensureDisks(guest(), [root_(seed, 0)], images, signal);

    expect(await inspect('vda')).toMatchObject({ 'virtual-size': 2 * MEBIBYTE });
  });

  it('are never made again, whatever the guest wrote', async () => {
    const disk = root_(seedOf(Buffer.alloc(MEBIBYTE, 1), 'raw'), 0);
    await ensureDisks(guest(), [disk], images, signal);
    await writeFile(join(guest(), 'vda.qcow2'), 'what the guest wrote');

    await ensureDisks(guest(), [disk], images, signal);

    expect(await readFile(join(guest(), 'vda.qcow2'), 'utf8')).toBe('what the guest wrote');
  });

  it('are made whole after an interrupted attempt', async () => {
    const disk = root_(seedOf(Buffer.alloc(MEBIBYTE, 1), 'raw'), 4 * MEBIBYTE);
    await ensureDisks(guest(), [disk], images, signal);
    await rm(join(guest(), 'vda.qcow2'));
    await writeFile(join(guest(), 'vda.qcow2.new'), 'half of an overlay');

    await ensureDisks(guest(), [disk], images, signal);

    expect(await inspect('vda')).toMatchObject({ 'virtual-size': 4 * MEBIBYTE });
    expect((await readdir(guest())).sort()).toEqual(['vda.base', 'vda.qcow2']);
  });

  it('are refused for an image that names other files of the host', async () => {
    const secret = join(root, 'secret');
    await writeFile(secret, Buffer.alloc(MEBIBYTE, 0x73));
    const withBacking = await qcow2('-b', secret, '-F', 'raw');
    const withDataFile = await qcow2('-o', `data_file=${join(root, 'data')},data_file_raw=on`);

    for (const image of [withBacking, withDataFile]) {
      await expect(ensureDisks(guest(), [root_(seedOf(image, 'qcow2'), 0)], images, signal)).rejects.toBeInstanceOf(Refused);
    }
    await expect(ensureDisks(guest(), [root_(seedOf(Buffer.from('not qcow2 at all'), 'qcow2'), 0)], images, signal)).rejects.toBeInstanceOf(Refused);
    await expect(stat(join(guest(), 'vda.qcow2'))).rejects.toThrow('ENOENT');
  });

  it('read a raw image as raw, whatever it looks like inside', async () => {
    const disguised = Buffer.concat([await qcow2('-b', '/etc/hostname', '-F', 'raw', '-u'), Buffer.alloc(512)]);

    await ensureDisks(guest(), [root_(seedOf(disguised, 'raw'), 0)], images, signal);

    expect(await inspect('vda')).toMatchObject({ 'backing-filename-format': 'raw' });
  });
});
