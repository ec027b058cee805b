import { Injectable } from '@nestjs/common';
import type { CallRequest } from '@virga/contract';
import { abandonImage, describeImage, prepareImage, type BootImage } from '@virga/contracts-image';
import { Invalid, newId, NotFound, type Caller } from '@virga/kernel';
import { ServiceBus } from '@virga/messaging';

/** What compute asks the image service. */
@Injectable()
export class ImageCalls {
  constructor(private readonly bus: ServiceBus) {}

  /** An image that the caller may boot; `Invalid` (400) where there is none: in requests, a wrong reference is a wrong value. */
  async describe(caller: Caller, imageId: string, signal: AbortSignal): Promise<BootImage> {
    const request = { imageId, projectId: caller.projectId ?? '', isAdmin: caller.roles.has('admin') };
    try {
      return await this.bus.calls.call(describeImage, request, { idempotencyKey: newId(), signal });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      throw new Invalid('compute.image.unknown', `Can not find requested image ${imageId}.`, { cause: error });
    }
  }

  /** Whether the project's image has its bytes; one that is gone has none. */
  async isActive(imageId: string, projectId: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.bus.calls.call(describeImage, { imageId, projectId, isAdmin: false }, { idempotencyKey: newId(), signal })).status === 'active';
    } catch (error) {
      if (error instanceof NotFound) return false;
      throw error;
    }
  }

  /** An image without bytes, charged to its project. */
  prepare(request: CallRequest<typeof prepareImage>, signal: AbortSignal): Promise<BootImage> {
    return this.bus.calls.call(prepareImage, request, { idempotencyKey: newId(), signal });
  }

  /** What was prepared is not needed after all. */
  async abandon(request: CallRequest<typeof abandonImage>, signal: AbortSignal): Promise<void> {
    await this.bus.calls.call(abandonImage, request, { idempotencyKey: newId(), signal });
  }
}
