/** An image as the image service shows it, properties of one's own included. */
export type GlanceImage = Record<string, unknown> & { id: string; name: string | null; status: string };

/** What Glance itself says of an image; all else is its owner's. */
const OWN_ATTRIBUTES = new Set([
  'id', 'name', 'status', 'visibility', 'protected', 'os_hidden', 'checksum', 'os_hash_algo', 'os_hash_value', 'owner', 'size', 'virtual_size', 'min_disk', 'min_ram',
  'disk_format', 'container_format', 'tags', 'created_at', 'updated_at', 'self', 'file', 'schema', 'stores', 'locations', 'direct_url',
]);

/** What an image's owner says about it: Nova's image metadata. */
export function propertiesOf(image: GlanceImage): Record<string, string> {
  return Object.fromEntries(Object.entries(image).filter((entry): entry is [string, string] => !OWN_ATTRIBUTES.has(entry[0]) && typeof entry[1] === 'string'));
}

/** The steps of a patch (RFC 6902) that make one set of properties of another. Pure. */
export function patchSteps(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): object[] {
  const path = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name)).map((name) => ({ op: 'remove', path: path(name) }));
  const changed = Object.entries(to).filter(([name, value]) => from[name] !== value);
  return [...removed, ...changed.map(([name, value]) => ({ op: Object.hasOwn(from, name) ? 'replace' : 'add', path: path(name), value }))];
}
