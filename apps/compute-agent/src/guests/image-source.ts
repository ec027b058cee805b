import { Readable } from 'node:stream';
import type { GuestCommand } from '@virga/contracts-compute';
import { TICKET_HEADER } from '@virga/contracts-image';
import { DriverUnavailable, Refused, type DiskImage } from '@virga/ports';

/** Images whose ticket is remembered; more than a host has in hand at a time, so that a late retry still finds its own. */
const REMEMBERED = 256;

/** What the image service says of bytes that it will never take. */
const REFUSALS: Readonly<Record<number, string>> = { 404: 'is gone', 410: 'is gone', 409: 'is not waiting for its bytes', 413: 'would be larger than it may be' };

/** Downloads images from the image service, and uploads them, with the tickets that came with the commands. */
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

  /**
   * The image holds exactly these bytes and is active. `Refused` where it is gone, is not waiting for bytes, or may not be so large;
   * `DriverUnavailable` where an upload that broke off, of ours perhaps, holds it for a while.
   */
  async write({ imageId, ticket }: { imageId: string; ticket: string }, { sizeBytes, open }: DiskImage, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes), [TICKET_HEADER]: ticket };
    const request = { method: 'PUT', headers, body: open(), duplex: 'half', signal };
    const answer = await fetch(`${this.imageUrl}/v2/images/${encodeURIComponent(imageId)}/file`, request as never).catch((cause: unknown) => {
      throw new DriverUnavailable('image-source', { cause });
    });
    await answer.arrayBuffer();
    if (answer.status === 409 && await this.isBeingWritten(imageId, ticket, signal)) throw new DriverUnavailable('image-source', { cause: new Error(`image ${imageId} is being written`) });
    const refusal = REFUSALS[answer.status];
    if (refusal !== undefined) throw new Refused('image-source', `image ${imageId} ${refusal}`);
    if (answer.status !== 204) throw new DriverUnavailable('image-source', { cause: new Error(`the image service answered ${answer.status} for image ${imageId}`) });
  }

  private async isBeingWritten(imageId: string, ticket: string, signal: AbortSignal): Promise<boolean> {
    const answer = await fetch(`${this.imageUrl}/v2/images/${encodeURIComponent(imageId)}`, { headers: { [TICKET_HEADER]: ticket }, signal }).catch((cause: unknown) => {
      throw new DriverUnavailable('image-source', { cause });
    });
    return answer.ok && (await answer.json() as { status: unknown }).status === 'saving';
  }
}
