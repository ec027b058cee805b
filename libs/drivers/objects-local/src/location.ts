import { Refused } from '@virga/ports';

/** Bytes in a segment: the header of their record begins at `offset`. */
export interface LogLocation {
  kind: 'log';
  segment: string;
  offset: number;
  length: number;
}

/** Bytes in a file of their own. `incoming` is one that is not complete, or was never renamed: it can be removed, not read. */
export interface FileLocation {
  kind: 'file' | 'incoming';
  path: string;
}

const LOG = /^log\/(\d{1,15}-[0-9a-f]{16})\/(\d{1,15})-(\d{1,10})$/;
const FILE = /^file\/([0-9a-f]{2})\/\1[0-9a-f-]{34}$/;
const INCOMING = /^incoming\/[0-9a-f-]{36}$/;
const SEGMENT = /^(\d{1,15})-([0-9a-f]{16})$/;

export function logLocation(segment: string, offset: number, length: number): string {
  return `log/${segment}/${offset}-${length}`;
}

/** Throws `Refused` for what this store never gave. */
export function parseLocation(location: string): LogLocation | FileLocation {
  const log = LOG.exec(location);
  if (log !== null) return { kind: 'log', segment: String(log[1]), offset: Number(log[2]), length: Number(log[3]) };
  if (FILE.test(location)) return { kind: 'file', path: location };
  if (INCOMING.test(location)) return { kind: 'incoming', path: location };
  throw new Refused('object-store', 'the location is malformed');
}

/** A segment's name tells when it was begun, in milliseconds, and its random id; undefined for what is no segment's name. */
export function parseSegment(segment: string): { createdAt: number; id: string } | undefined {
  const parts = SEGMENT.exec(segment);
  return parts === null ? undefined : { createdAt: Number(parts[1]), id: String(parts[2]) };
}

export function segmentPath(segment: string): string {
  return `log/${segment}`;
}
