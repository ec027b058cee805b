import { Invalid } from '@virga/kernel';
import type { ImageWish } from '../../images/index.js';
import { requireStatus, type Volume } from '../volume.js';

/** An image as somebody wants it of a volume. */
export interface UploadRequest {
  name: string;
  diskFormat: string;
  containerFormat: string;
  visibility: ImageWish['visibility'];
  isProtected: boolean;
}

/** Formats that storage hosts write. */
const WRITTEN = ['raw', 'qcow2'] as const;
type Written = (typeof WRITTEN)[number];

class FormatUnsupported extends Invalid {
  constructor(message: string) {
    super('block-storage.image.format', message);
  }
}

/** What a volume keeps of the image that it was made from and that is no property of images made of it. */
const NOT_PROPERTIES = new Set(['image_id', 'image_name', 'checksum', 'container_format', 'disk_format', 'min_disk', 'min_ram', 'size', 'status', 'owner', 'visibility']);

/** The format that the volume is to be written in. Throws `Invalid` where it cannot be uploaded so, or now. */
export function requireUploadable(volume: Volume, { diskFormat, containerFormat }: UploadRequest): Written {
  requireStatus(volume, ['available']);
  if (volume.keyId !== null) throw new FormatUnsupported('An encrypted volume is not uploaded: everybody who may read the image could read what it holds.');
  if (containerFormat !== 'bare') throw new FormatUnsupported(`Images of volumes are made in the container format bare, not ${containerFormat.slice(0, 40)}.`);
  const format = WRITTEN.find((one) => one === diskFormat);
  if (format === undefined) throw new FormatUnsupported(`Images of volumes are made in the disk formats ${WRITTEN.join(' and ')}, not ${diskFormat.slice(0, 40)}.`);
  return format;
}

/** The image that the volume's bytes will become: with what the volume knows of the image that it was made from. */
export function imageWishOf(volume: Volume, imageId: string, request: UploadRequest): ImageWish {
  const known = volume.imageMetadata ?? {};
  return {
    imageId, projectId: volume.projectId, name: request.name, diskFormat: request.diskFormat, containerFormat: request.containerFormat,
    visibility: request.visibility, isProtected: request.isProtected, minDiskGibibytes: wholeOf(known['min_disk']), minRamMebibytes: wholeOf(known['min_ram']),
    properties: Object.fromEntries(Object.entries(known).filter(([name]) => !NOT_PROPERTIES.has(name))),
  };
}

function wholeOf(text: string | undefined): number {
  return /^\d{1,9}$/.test(text ?? '') ? Number(text) : 0;
}
