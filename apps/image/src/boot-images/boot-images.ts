import { Injectable } from '@nestjs/common';
import type { describeImage } from '@virga/contracts-image';
import type { CallReply, CallRequest } from '@virga/contract';
import { Database } from '@virga/persistence';
import { ImageNotFound, ImagesRepository, type Image } from '../images/index.js';

/** Answers compute's question what an image is: the caller was authorized by compute, visibility is ours. */
@Injectable()
export class BootImages {
  constructor(private readonly db: Database, private readonly images: ImagesRepository) {}

  async describe({ imageId, projectId, isAdmin }: CallRequest<typeof describeImage>): Promise<CallReply<typeof describeImage>> {
    const found = await this.images.find(this.db, imageId, projectId);
    if (found === undefined || !(isAdmin || isVisible(found.image, projectId, found.isMember))) throw new ImageNotFound(imageId);
    return bootImage(found.image);
  }
}

function isVisible(image: Image, projectId: string, isMember: boolean): boolean {
  if (image.ownerId === projectId || image.visibility === 'public' || image.visibility === 'community') return true;
  return image.visibility === 'shared' && isMember;
}

/** An image as other services of the cloud know it. */
export function bootImage(image: Image): CallReply<typeof describeImage> {
  const { bytes } = image;
  const content = bytes === undefined
    ? { sizeBytes: null, virtualSizeBytes: null, sha512: null }
    : { sizeBytes: bytes.sizeBytes, virtualSizeBytes: bytes.virtualSizeBytes, sha512: bytes.sha512 };
  return {
    id: image.id, name: image.name, status: image.status, ownerId: image.ownerId, ...content, diskFormat: image.diskFormat,
    minDiskGibibytes: image.minDisk, minRamMebibytes: image.minRam, properties: image.properties,
  };
}
