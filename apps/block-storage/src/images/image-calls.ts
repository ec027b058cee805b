import { Injectable } from '@nestjs/common';
import { describeImage, type BootImage } from '@virga/contracts-image';
import { Invalid, newId, NotFound } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';

export interface ImageAsker {
  projectId: string;
  isAdmin: boolean;
}

/** What block storage asks the image service. */
@Injectable()
export class ImageCalls {
  constructor(private readonly bus: ServiceBus) {}

  /** An image that the project may see; `Invalid` (400) where there is none: in requests, a wrong reference is a wrong value. */
  async describe({ projectId, isAdmin }: ImageAsker, imageId: string, signal: AbortSignal): Promise<BootImage> {
    try {
      return await this.bus.calls.call(describeImage, { imageId, projectId, isAdmin }, { idempotencyKey: newId(), signal });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      throw new Invalid('block-storage.image.unknown', 'Invalid image identifier or unable to access requested image.', { cause: error });
    }
  }
}
