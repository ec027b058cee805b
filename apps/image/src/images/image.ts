import { Conflict, Forbidden, Invalid, moves, NotFound, type Id } from '@virga/kernel';

export type ImageId = Id<'image'>;
export type ImageStatus = 'queued' | 'saving' | 'active' | 'deactivated' | 'deleted';
export type Visibility = 'public' | 'private' | 'shared' | 'community';

/** What an owner says about an image. */
export interface ImageDescription {
  name: string | null;
  visibility: Visibility;
  isProtected: boolean;
  isHidden: boolean;
  diskFormat: string | null;
  containerFormat: string | null;
  minDisk: number;
  minRam: number;
  tags: string[];
  properties: Record<string, string>;
  ownerId: string | null;
}

/** What is known of the bytes once they are there. */
export interface ImageBytes {
  sizeBytes: number;
  virtualSizeBytes: number | null;
  md5: string;
  sha512: string;
  location: string;
}

export interface Image extends ImageDescription {
  id: ImageId;
  status: ImageStatus;
  bytes: ImageBytes | undefined;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** `saving` goes back to `queued` when an upload fails or its process dies. */
export const imageMoves = moves<ImageStatus>({
  queued: ['saving', 'deleted'],
  saving: ['active', 'queued', 'deleted'],
  active: ['deactivated', 'deleted'],
  deactivated: ['active', 'deleted'],
  deleted: [],
});

export class ImageNotFound extends NotFound {
  constructor(id: string) {
    super('image.not-found', `No image found with ID ${id.slice(0, 80)}`);
  }
}

export class ImageExists extends Conflict {
  constructor(id: string) {
    super('image.exists', `Image ID ${id} already exists!`);
  }
}

export class ImageProtected extends Forbidden {
  constructor(id: string) {
    super('image.protected', `Image ${id} is protected and cannot be deleted.`);
  }
}

/** The image's status does not allow what was asked. */
export class ImageState extends Conflict {
  constructor(id: string, status: string, wanted: string) {
    super('image.state', `Image ${id} is ${status}; this needs it to be ${wanted}.`);
  }
}

export class PropertyReserved extends Forbidden {
  constructor(name: string) {
    super('image.property.reserved', `Attribute '${name.slice(0, 80)}' is read-only or reserved.`);
  }
}

/** Names of attributes that only the service writes (image API reference, "Image Data"). */
export const READ_ONLY = new Set([
  'id', 'status', 'checksum', 'os_hash_algo', 'os_hash_value', 'size', 'virtual_size', 'created_at', 'updated_at', 'self', 'file', 'schema',
  'direct_url', 'locations', 'stores', 'deleted', 'deleted_at', 'is_public',
]);

/** Properties that describe how an image came about may not be set by its owner (`os_glance_…`). */
export const RESERVED_PREFIX = 'os_glance';

/** The most properties of one's own that an image carries; Glance's default. */
export const MAX_PROPERTIES = 128;

/** Checks names and values of an owner's own properties; they are strings of at most 255 and 65,535 characters. */
export function ownProperties(values: Record<string, unknown>): Record<string, string> {
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith(RESERVED_PREFIX) || READ_ONLY.has(name)) throw new PropertyReserved(name);
    if (name === '' || name.length > 255) throw new Invalid('image.property.name', 'The name of a property is 1 to 255 characters long.');
    if (typeof value !== 'string' || value.length > 65_535) {
      throw new Invalid('image.property.value', `Property '${name.slice(0, 80)}' must be a string of at most 65535 characters.`);
    }
  }
  if (Object.keys(values).length > MAX_PROPERTIES) throw new Invalid('image.property.count', `An image has at most ${MAX_PROPERTIES} properties of its own.`, { status: 413 });
  return values as Record<string, string>;
}
