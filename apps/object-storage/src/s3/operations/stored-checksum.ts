import type { StoredObject } from '../../objects/index.js';
import { checksumHeader, type ChecksumAlgorithm } from '../request/checksums.js';
import { xml, type Xml } from '../xml/xml-writer.js';

/** A checksum kept beside an object, in base64; a composite one is of its parts' checksums, and ends in `-<number of parts>`. */
export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  value: string;
  type: 'FULL_OBJECT' | 'COMPOSITE';
}

declare module '../../objects/object.js' {
  interface ObjectSettings {
    checksum?: StoredChecksum;
  }
}

export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  return checksum === undefined ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** `<ChecksumCRC32>…</ChecksumCRC32>` and its type. */
export function checksumXml(checksum: StoredChecksum | undefined): Xml[] {
  return checksum === undefined ? [] : [xml(`Checksum${checksum.algorithm}`, checksum.value), xml('ChecksumType', checksum.type)];
}

export function checksumOf(object: StoredObject): StoredChecksum | undefined {
  return object.settings.checksum;
}
