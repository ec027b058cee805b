import { open } from 'node:fs/promises';
import { Refused } from '@virga/ports';

const MAGIC = 'QFI\xfb';
const HEADER_BYTES = 104;
const EXTERNAL_DATA_FILE = 1n << 2n;

/**
 * `Refused` unless the file is a qcow2 image that stands alone and whose disk fits. Its header could otherwise name files
 * of this host, whose content would then become the tenant's disk.
 */
export async function requirePlainImage(file: string, mostBytes: number): Promise<void> {
  const header = await firstBytes(file);
  if (header.length < 72 || header.toString('latin1', 0, 4) !== MAGIC) throw new Refused('volume', 'the image is not qcow2');
  const isVersion3 = header.readUInt32BE(4) >= 3;
  if (isVersion3 && header.length < HEADER_BYTES) throw new Refused('volume', 'the image is cut off');
  const namesBackingFile = header.readBigUInt64BE(8) !== 0n;
  const namesDataFile = isVersion3 && (header.readBigUInt64BE(72) & EXTERNAL_DATA_FILE) !== 0n;
  if (namesBackingFile || namesDataFile) throw new Refused('volume', 'the image refers to other files');
  if (header.readUInt32BE(32) !== 0) throw new Refused('volume', 'the image is encrypted');
  const diskBytes = header.readBigUInt64BE(24);
  if (diskBytes > BigInt(mostBytes)) throw new Refused('volume', `the image needs a volume of ${diskBytes} bytes and this one has ${mostBytes}`);
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await handle.read(bytes, 0, HEADER_BYTES, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
