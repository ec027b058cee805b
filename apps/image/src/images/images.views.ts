import type { OutputOf } from '@virga/contract';
import type { images } from '@virga/contracts-image';
import type { Image, ImageBytes } from './image.js';

type ImageView = Exclude<OutputOf<typeof images.showImage>, { options: unknown }>;

/** Times without fractions, as Glance writes them. */
export function wireTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

export function imageView(image: Image): ImageView {
  return {
    ...image.properties,
    id: image.id, name: image.name, status: image.status, visibility: image.visibility, protected: image.isProtected, os_hidden: image.isHidden,
    ...bytesView(image.bytes), owner: image.ownerId,
    min_disk: image.minDisk, min_ram: image.minRam, disk_format: image.diskFormat, container_format: image.containerFormat,
    tags: image.tags, created_at: wireTime(image.createdAt), updated_at: wireTime(image.updatedAt),
    self: `/v2/images/${image.id}`, file: `/v2/images/${image.id}/file`, schema: '/v2/schemas/image',
  } as ImageView;
}

function bytesView(bytes: ImageBytes | undefined): Partial<ImageView> {
  if (bytes === undefined) return { checksum: null, os_hash_algo: null, os_hash_value: null, size: null, virtual_size: null };
  return { checksum: bytes.md5, os_hash_algo: 'sha512', os_hash_value: bytes.sha512, size: bytes.sizeBytes, virtual_size: bytes.virtualSizeBytes, stores: 'file' };
}

/** A page with the links that lead on: `first` without a marker, `next` where the page is full. */
export function imagePage(found: readonly Image[], url: string, limit: number): Exclude<OutputOf<typeof images.listImages>, { options: unknown }> {
  const last = found.at(-1);
  return {
    images: found.map(imageView),
    first: withMarker(url, undefined),
    ...(last !== undefined && found.length === limit && { next: withMarker(url, last.id) }),
    schema: '/v2/schemas/images',
  };
}

function withMarker(url: string, marker: string | undefined): string {
  const parsed = new URL(url, 'http://placeholder');
  if (marker === undefined) parsed.searchParams.delete('marker');
  else parsed.searchParams.set('marker', marker);
  return parsed.pathname + parsed.search;
}
