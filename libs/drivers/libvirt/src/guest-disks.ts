import { execFile } from 'node:child_process';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { DriverUnavailable, Refused, type GuestDisk, type SeedDisk } from '@virga/ports';
import { baseFileOf, diskFileOf } from './guest-xml.js';
import type { ImageCache } from './image-cache.js';
import { absent, syncDirectory } from './durable-files.js';

const run = promisify(execFile);

const MAGIC = 'QFI\xfb';
const HEADER_BYTES = 104;
const EXTERNAL_DATA_FILE = 1n << 2n;

/**
 * Makes a guest's disks: copy-on-write overlays on cached images, or empty files.
 *
 * Theory of operation. A disk is made under a temporary name and renamed, so a disk that exists is complete; one that
 * exists is never made again. Formats are always those of the image's record: bytes that a guest wrote are never asked
 * what they are, since a guest could write a header that names a file of the host.
 */
export async function ensureDisks(directory: string, disks: GuestDisk[], images: ImageCache, signal: AbortSignal): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o711 });
  for (const disk of disks) {
    if (await stat(diskFileOf(directory, disk)).catch(absent)) continue;
    if (disk.seed) await images.linkTo(baseFileOf(directory, disk), disk.seed, signal);
    await createDisk(directory, disk, signal);
  }
  await syncDirectory(directory);
}

/** Whether every disk is there; a defined guest whose disk is gone must not get an empty one in its place. */
export async function requireDisks(files: string[]): Promise<void> {
  for (const file of files) {
    if (!(await stat(file).catch(absent))) throw new Refused('libvirt', `the guest's disk ${basename(file)} is missing on its host`);
  }
}

async function createDisk(directory: string, disk: GuestDisk, signal: AbortSignal): Promise<void> {
  const file = diskFileOf(directory, disk);
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  await imageTool(['create', '-q', '-f', 'qcow2', ...await backingOptions(directory, disk), temporary, String(await sizeOf(directory, disk))], signal);
  // libvirt gives it to QEMU's user at the start; nobody else on the host may read it.
  await chmod(temporary, 0o600);
  await rename(temporary, file);
}

/** All that a disk of a guest that does not run holds, with what it stands on, as a qcow2 that stands alone. */
export async function convertDisk(disk: string, to: string, signal: AbortSignal): Promise<void> {
  await imageTool(['convert', '-q', '-f', 'qcow2', '-O', 'qcow2', disk, to], signal);
}

async function backingOptions(directory: string, disk: GuestDisk): Promise<string[]> {
  if (disk.seed === undefined) return [];
  return ['-F', disk.seed.format, '-b', basename(baseFileOf(directory, disk))];
}

/** A size of 0 means the image's own, as for flavors without a disk size. */
async function sizeOf(directory: string, disk: GuestDisk): Promise<number> {
  if (disk.seed === undefined) return disk.sizeBytes;
  const imageBytes = await virtualSize(baseFileOf(directory, disk), disk.seed);
  if (disk.sizeBytes === 0) return imageBytes;
  if (imageBytes > disk.sizeBytes) {
    throw new Refused('libvirt', `image ${disk.seed.imageId} needs a disk of ${imageBytes} bytes and the flavor has ${disk.sizeBytes}`);
  }
  return disk.sizeBytes;
}

/**
 * The size of the disk that an image holds. Refuses a qcow2 header that names other files: the image service has checked
 * that, and this host trusts nobody else with reading its files.
 */
async function virtualSize(file: string, seed: SeedDisk): Promise<number> {
  if (seed.format === 'raw') return (await stat(file)).size;
  const header = await firstBytes(file, HEADER_BYTES);
  if (header.toString('latin1', 0, 4) !== MAGIC) throw new Refused('libvirt', `image ${seed.imageId} is not qcow2`);
  const namesBackingFile = header.readBigUInt64BE(8) !== 0n;
  const isVersion3 = header.readUInt32BE(4) >= 3;
  const namesDataFile = isVersion3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA_FILE) !== 0n;
  if (namesBackingFile || namesDataFile) throw new Refused('libvirt', `image ${seed.imageId} refers to other files`);
  return Number(header.readBigUInt64BE(24));
}

async function firstBytes(file: string, count: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(count);
    await handle.read(bytes, 0, count, 0);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function imageTool(options: string[], signal: AbortSignal): Promise<void> {
  try {
    await run('qemu-img', options, { signal, cwd: '/' });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new DriverUnavailable('qemu-img', { cause: error });
  }
}
