import { Refused } from '@virga/ports';

/** A whole object, or an upload in parts that was never completed: that can be removed, not read. */
export interface Location {
  name: string;
  uploadId?: string;
}

const OBJECT = /^object\/([0-9a-f-]{36})$/;
const INCOMING = /^incoming\/([0-9a-f-]{36})\/([\x21-\x7e]{1,150})$/;

export function objectLocation(name: string): string {
  return `object/${name}`;
}

/** A bucket may hold what is not ours; it is left alone. */
export function isObject(location: string): boolean {
  return OBJECT.test(location);
}

/** Undefined where the name or the id are not of our making. */
export function uploadLocation(name: string, uploadId: string): string | undefined {
  const location = `incoming/${name}/${uploadId}`;
  return INCOMING.test(location) ? location : undefined;
}

/** Throws `Refused` for what this store never gave. */
export function parseLocation(location: string): Location {
  const object = OBJECT.exec(location);
  if (object !== null) return { name: String(object[1]) };
  const incoming = INCOMING.exec(location);
  if (incoming !== null) return { name: String(incoming[1]), uploadId: String(incoming[2]) };
  throw new Refused('object-store', 'the location is malformed');
}
