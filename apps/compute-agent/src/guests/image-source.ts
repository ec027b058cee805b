import { Readable } from 'node:stream';
import type { GuestCommand } from '@virga/contracts-compute';
import { TICKET_HEADER } from '@virga/contracts-image';
import { DriverUnavailable, Refused } from '@virga/ports';

/** Images whose ticket is remembered; more than a host has in hand at a time, so that a late retry still finds its own. */
const REMEMBERED = 256;

/** Downloads images from the image service with the tickets that came with the commands. */
export class ImageSource {
  private readonly tickets = new Map<string, string>();

  constructor(private readonly imageUrl: string) {}

  /** Keeps the tickets of a command; a newer one for the same image replaces an older. */
  remember(command: GuestCommand): void {
    for (const { seed } of command.disks) {
      if (seed === null) continue;
      this.tickets.delete(seed.imageId);
      this.tickets.set(seed.imageId, seed.ticket);
    }
    for (const imageId of this.tickets.keys()) {
      if (this.tickets.size <= REMEMBERED) break;
      this.tickets.delete(imageId);
    }
  }

  /** The image's bytes. `Refused` where the image is gone; `DriverUnavailable` where the service does not answer or the ticket ran out. */
  async fetch(imageId: string, signal: AbortSignal): Promise<Readable> {
    const ticket = this.tickets.get(imageId);
    if (ticket === undefined) throw new DriverUnavailable('image-source', { cause: new Error(`no ticket for image ${imageId}`) });
    const url = `${this.imageUrl}/v2/images/${encodeURIComponent(imageId)}/file`;
    const answer = await fetch(url, { headers: { [TICKET_HEADER]: ticket }, signal }).catch((cause: unknown) => {
      throw new DriverUnavailable('image-source', { cause });
    });
    if (answer.status === 404) throw new Refused('image-source', `image ${imageId} is gone`);
    if (answer.status !== 200 || answer.body === null) {
      throw new DriverUnavailable('image-source', { cause: new Error(`the image service answered ${answer.status} for image ${imageId}`) });
    }
    return Readable.fromWeb(answer.body as never);
  }
}
