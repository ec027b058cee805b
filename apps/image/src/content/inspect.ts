import { Invalid } from '@virga/kernel';

/** The bytes are not what they are said to be, or could make a host read files that are not the image's. */
export class ContentRefused extends Invalid {
  constructor(reason: string) {
    super('image.content.refused', `The image's data was refused: ${reason}`);
  }
}

export interface Inspection {
  /** What a guest would see, in bytes; undefined where the format does not tell or is not read by us. */
  virtualSizeBytes: number | undefined;
}

/** How much of an image's beginning must be seen to inspect it. */
export const INSPECTED_BYTES = 64 * 1024;

const QCOW_MAGIC = 0x514649fb;
const EXTERNAL_DATA_FILE = 1n << 2n;
const DATA_FILE_NAME = 0x44415441;

/**
 * Looks at an image's first bytes before anything else does. Throws `ContentRefused` for a qcow2 image with a backing file
 * or an external data file, for a VMDK descriptor (it names other files), and where the declared format is contradicted.
 *
 * Source: QEMU's docs/interop/qcow2.txt; the attacks are CVE-2015-5163 and CVE-2024-32498.
 */
export function inspect(head: Buffer, declaredFormat: string): Inspection {
  const format = detectedFormat(head);
  if (format === 'qcow2') {
    if (declaredFormat !== 'qcow2') throw new ContentRefused(`it is a qcow2 image, and was declared as ${declaredFormat}.`);
    return inspectQcow2(head);
  }
  if (declaredFormat === 'qcow2') throw new ContentRefused('it was declared as qcow2, and is not a qcow2 image.');
  if (format === 'vmdk-descriptor') throw new ContentRefused('a VMDK descriptor names other files.');
  return { virtualSizeBytes: undefined };
}

function detectedFormat(head: Buffer): 'qcow2' | 'vmdk-descriptor' | 'other' {
  if (head.length >= 4 && head.readUInt32BE(0) === QCOW_MAGIC) return 'qcow2';
  return head.subarray(0, 512).toString('latin1').trimStart().startsWith('# Disk DescriptorFile') ? 'vmdk-descriptor' : 'other';
}

function inspectQcow2(head: Buffer): Inspection {
  if (head.length < 72) throw new ContentRefused('the qcow2 header is cut short.');
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new ContentRefused(`qcow2 version ${version} is not known.`);
  if (head.readBigUInt64BE(8) !== 0n) throw new ContentRefused('it has a backing file.');
  if (version === 3) inspectVersion3(head);
  const size = head.readBigUInt64BE(24);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new ContentRefused('its virtual size is absurd.');
  return { virtualSizeBytes: Number(size) };
}

function inspectVersion3(head: Buffer): void {
  if (head.length < 104) throw new ContentRefused('the qcow2 header is cut short.');
  if ((head.readBigUInt64BE(72) & EXTERNAL_DATA_FILE) !== 0n) throw new ContentRefused('it keeps its data in another file.');
  for (let at = head.readUInt32BE(100); at + 8 <= head.length;) {
    const type = head.readUInt32BE(at);
    if (type === 0) return;
    if (type === DATA_FILE_NAME) throw new ContentRefused('it names another file for its data.');
    at += 8 + Math.ceil(head.readUInt32BE(at + 4) / 8) * 8;
  }
}
