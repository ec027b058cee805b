import { Inject, Injectable } from '@nestjs/common';
import type { CallRequest } from '@virga/contract';
import { abandonImage, issueUploadTicket, prepareImage, type BootImage } from '@virga/contracts-image';
import { CLOCK, hours, type Clock } from '@virga/kernel';
import { ServiceBus, type CallOptions } from '@virga/messaging';
import { TICKET_KEY } from './ticket-key.js';

/**
 * How long a storage host may begin to write an image after it was told to.
 *
 * Too short: a host with a long queue of commands finds the door closed, until the command is sent again. Too long: a taken-over
 * host can fill images that nobody else has filled.
 */
const TICKET_VALIDITY = hours(1);

export type ImageWish = CallRequest<typeof prepareImage>;

/** Makes images whose bytes storage hosts write. */
@Injectable()
export class ImageUploads {
  constructor(
    private readonly bus: ServiceBus,
    @Inject(TICKET_KEY) private readonly ticketKey: Buffer,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The image is there, without bytes. Repeatable. Throws what the image service says. */
  prepare(wish: ImageWish, options: CallOptions): Promise<BootImage> {
    return this.bus.calls.call(prepareImage, wish, options);
  }

  /** It is gone again, unless its bytes have come. */
  async abandon(image: Pick<ImageWish, 'imageId' | 'projectId'>, options: CallOptions): Promise<void> {
    await this.bus.calls.call(abandonImage, { imageId: image.imageId, projectId: image.projectId }, options);
  }

  ticket(imageId: string): string {
    return issueUploadTicket(this.ticketKey, imageId, this.clock.now(), TICKET_VALIDITY);
  }
}
