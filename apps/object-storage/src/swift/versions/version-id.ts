import type { StoredObject } from '../../objects/index.js';
import { badRequest } from '../faults/index.js';

/** How a version is named to clients: like Swift's timestamps, seconds with a fraction. The model counts microseconds. */
export function versionIdOf(version: bigint): string {
  return `${(version / 1_000_000n).toString().padStart(10, '0')}.${(version % 1_000_000n).toString().padStart(6, '0')}`;
}

/** The version that an id names; `null` is what was put while no versions were kept. Throws 400 for what is no id. */
export function versionOfId(id: string): bigint | 'null' {
  if (id === 'null') return 'null';
  const [, seconds, fraction = ''] = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(id) ?? [];
  if (seconds === undefined) throw badRequest('Invalid version parameter');
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
}

/** The id of an object's version; of one that was made the latest again, that version's. */
export function idOf({ isNullVersion, version, settings }: StoredObject): string {
  if (settings.versionLink !== undefined) return settings.versionLink;
  return isNullVersion ? 'null' : versionIdOf(version);
}
