import { Invalid } from '@virga/kernel';

/** A microversion as clients write it, for example `2.10`. */
export type VersionText = `${number}.${number}`;

/** A microversion as a number that sorts: `2.10` is 2010. */
export type VersionNumber = number;

/** From `since` to `until`, both included; a missing end is open. */
export interface VersionRange {
  since?: VersionText;
  until?: VersionText;
}

const VERSION = /^([1-9]\d*)\.(0|[1-9]\d*)$/;

/** Throws `Invalid` for anything that is not `major.minor` (API microversion specification). */
export function versionNumber(text: string): VersionNumber {
  const match = VERSION.exec(text);
  if (match === null || Number(match[2]) > 999) {
    throw new Invalid('request.version.malformed', `API Version String '${text.slice(0, 40)}' is of invalid format. Must be of format MajorNum.MinorNum.`);
  }
  return Number(match[1]) * 1000 + Number(match[2]);
}

export function versionText(version: VersionNumber): VersionText {
  return `${Math.floor(version / 1000)}.${version % 1000}` as VersionText;
}

/** Whether `version` lies in the range; a service without microversions passes 0 and is in every range. */
export function isWithin(version: VersionNumber, range: VersionRange): boolean {
  if (version === 0) return true;
  if (range.since !== undefined && version < versionNumber(range.since)) return false;
  return range.until === undefined || version <= versionNumber(range.until);
}
