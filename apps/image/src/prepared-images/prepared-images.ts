import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import { CONTAINER_FORMATS, DISK_FORMATS, images, type abandonImage, type prepareImage } from '@virga/contracts-image';
import { Invalid } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { bootImage } from '../boot-images/index.js';
import { ImageExists, ImagesRepository, ownProperties, READ_ONLY, RESERVED_PREFIX, type Image, type ImageId } from '../images/index.js';

type Wish = CallRequest<typeof prepareImage>;

/** Images that other services of the cloud make for a project's users, whom they have authorized. */
@Injectable()
export class PreparedImages {
  constructor(
    private readonly db: Database,
    private readonly images: ImagesRepository,
    private readonly quotas: Quotas,
  ) {}

  async prepare(wish: Wish): Promise<CallReply<typeof prepareImage>> {
    requireFormat('disk_format', wish.diskFormat, DISK_FORMATS);
    requireFormat('container_format', wish.containerFormat, CONTAINER_FORMATS);
    return this.db.transaction(async (tx) => {
      const known = await this.images.findLocked(tx, wish.imageId, wish.projectId);
      if (known !== undefined) return bootImage(requireOwn(known.image, wish));
      return bootImage(await this.make(tx, wish));
    });
  }

  async abandon({ imageId, projectId }: CallRequest<typeof abandonImage>): Promise<CallReply<typeof abandonImage>> {
    await this.db.transaction(async (tx) => {
      const image = (await this.images.findLocked(tx, imageId, projectId))?.image;
      const isEmpty = image?.status === 'queued' || image?.status === 'saving';
      if (image !== undefined && isEmpty && image.ownerId === projectId) await this.images.become(tx, image, 'deleted');
    });
    return {};
  }

  private async make(tx: Tx, wish: Wish): Promise<Image> {
    await this.quotas.charge(tx, { project: wish.projectId }, images.createImage.charges);
    return this.images.insert(tx, {
      id: wish.imageId as ImageId, name: wish.name, visibility: wish.visibility, isProtected: wish.isProtected, isHidden: false,
      diskFormat: wish.diskFormat, containerFormat: wish.containerFormat, minDisk: wish.minDiskGibibytes, minRam: wish.minRamMebibytes,
      tags: [], properties: ownProperties(withoutReserved(wish.properties)), ownerId: wish.projectId,
    });
  }
}

function requireOwn(image: Image, { imageId, projectId }: Wish): Image {
  if (image.ownerId !== projectId) throw new ImageExists(imageId);
  return image;
}

function requireFormat(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new Invalid('image.format.unknown', `Invalid ${name}: '${value.slice(0, 40)}' is none of ${known.join(', ')}.`);
}

/** What a volume keeps of the image that it was made from is not all for its owner to say. */
function withoutReserved(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !READ_ONLY.has(name) && !name.startsWith(RESERVED_PREFIX)));
}
