import { Injectable } from '@nestjs/common';
import { Invalid } from '@virga/kernel';
import { ImageCalls, ImageUploads } from '../../images/index.js';
import { ChosenTypesRepository } from '../../volume-types/index.js';
import { VolumeSourcesRepository } from '../volume-sources.repository.js';
import type { Volume } from '../volume.js';
import { imageOrigin, type BuildSource } from '../wish-check.js';

class ImageTooLarge extends Invalid {
  constructor(message: string) {
    super('block-storage.image.unusable', `Invalid input received: ${message}`);
  }
}

/** What volumes and images have to do with each other. */
@Injectable()
export class ImageExchange {
  constructor(
    readonly uploads: ImageUploads, readonly sources: VolumeSourcesRepository, readonly types: ChosenTypesRepository, private readonly images: ImageCalls,
  ) {}

  /** How the volume is made from an image that its project may see. Throws `Invalid` where that cannot be. */
  async originFor(asker: { isAdmin: boolean }, volume: Volume, imageId: string, signal: AbortSignal): Promise<{ source: BuildSource; imageMetadata: Record<string, string> }> {
    const image = await this.images.describe({ projectId: volume.projectId, isAdmin: asker.isAdmin }, imageId, signal);
    const origin = imageOrigin(image);
    if ((origin.sizeGibibytes ?? 0) > volume.sizeGibibytes) throw new ImageTooLarge(origin.tooSmall(volume.sizeGibibytes));
    return { source: origin.source, imageMetadata: origin.imageMetadata ?? {} };
  }
}
