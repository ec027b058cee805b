import { createHash } from 'node:crypto';

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** The namespace of all names that we turn into row ids; changing it orphans every row of every installation. */
const NAMESPACE = Buffer.from('8b7f6a3c1d4e5f60a7b8c9d0e1f20314', 'hex');

/** A name-based UUID (RFC 9562 version 5): the same parts give the same id in every process, for ever. */
export function derivedUuid(...parts: string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(parts.join('\0')).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The row id of a thing with id `id`: the id itself where it is a UUID, so that an operator finds it by either. */
export function rowUuid(id: string): string {
  return CANONICAL.test(id) ? id : derivedUuid('id', id);
}
