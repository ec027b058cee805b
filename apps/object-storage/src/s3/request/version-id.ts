import type { StoredObject } from '../../objects/index.js';
import { invalidArgument } from '../s3-error.js';

/** A version as S3 clients name it: opaque to them; `null` where the bucket kept no versions when it was put. */
export function versionIdOf(object: StoredObject): string {
  return object.isNullVersion ? 'null' : object.version.toString(36).padStart(16, '0');
}

/** The database's greatest integer. */
const LAST_VERSION = 2n ** 63n - 1n;

/** The `versionId` of a query or a copy source; undefined where there is none. Throws `InvalidArgument` for what we never gave out. */
export function versionOf(text: string | null | undefined): bigint | 'null' | undefined {
  if (text === null || text === undefined) return undefined;
  if (text === 'null') return 'null';
  if (!/^[0-9a-z]{16}$/.test(text)) throw invalidArgument('versionId', text, 'Invalid version id specified');
  const version = [...text].reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n);
  if (version > LAST_VERSION) throw invalidArgument('versionId', text, 'Invalid version id specified');
  return version;
}
