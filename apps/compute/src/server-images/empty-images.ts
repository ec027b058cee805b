import { Inject, Injectable } from '@nestjs/common';
import { issueUploadTicket, TICKET_HEADER } from '@virga/contracts-image';
import { CLOCK, Conflict, minutes, type Clock } from '@virga/kernel';
import { IMAGE_PEER, type Peer } from '../peers/index.js';
import { TICKET_KEY } from '../servers/index.js';

/** Images that consist of what is said about them: they become active with no bytes at all. */
@Injectable()
export class EmptyImages {
  constructor(@Inject(IMAGE_PEER) private readonly image: Peer, @Inject(TICKET_KEY) private readonly key: Buffer, @Inject(CLOCK) private readonly clock: Clock) {}

  /** The image is active; one that is active already is no fault. */
  async activate(imageId: string, signal: AbortSignal): Promise<void> {
    const ticket = issueUploadTicket(this.key, imageId, this.clock.now(), minutes(5));
    await this.image.putNothing(`/v2/images/${imageId}/file`, { [TICKET_HEADER]: ticket }, signal).catch((error: unknown) => {
      // Only an image that waits for its bytes takes them: ours has had none before.
      if (!(error instanceof Conflict)) throw error;
    });
  }
}
