import type { Caller } from '@virga/kernel';
import type { Server } from '../servers/index.js';

/** What describes an image's own bytes, or belongs to it alone, and is not said of images made from its servers (Nova's list). */
const NOT_INHERITED: ReadonlySet<string> = new Set([
  'cache_in_nova', 'bittorrent', 'cinder_encryption_key_id', 'cinder_encryption_key_deletion_policy', 'img_signature', 'img_signature_hash_method', 'img_signature_key_type',
  'img_signature_certificate_uuid',
]);

const isInherited = (name: string): boolean => !NOT_INHERITED.has(name) && !name.startsWith('os_glance') && !name.startsWith('owner_specified.');

/** What an image of a server's disk says of itself: what its base image says, where it comes from, and what its maker adds, which counts most. */
export function snapshotProperties({ id, image, projectId }: Server, caller: Caller, metadata: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(image?.properties ?? {}).filter(([name]) => isInherited(name));
  return {
    ...Object.fromEntries(inherited),
    ...(image !== null && { base_image_ref: image.properties['base_image_ref'] ?? image.id }),
    image_type: 'snapshot', image_location: 'snapshot', image_state: 'available', instance_uuid: id, owner_id: projectId, user_id: caller.userId,
    boot_roles: [...caller.roles].sort().join(','), ...(caller.projectId !== projectId && { instance_owner: projectId }),
    ...metadata,
  };
}
