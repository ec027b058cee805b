import { Readable } from 'node:stream';
import { TICKET_HEADER } from '@virga/contracts-image';
import { DriverUnavailable, Refused } from '@virga/ports';

/** Reads and writes images' bytes at the image service, with the tickets that came with the commands. */
export class ImageService {
  constructor(private readonly url: string) {}

  /** The image's bytes. `Refused` where the image is gone; `DriverUnavailable` where the service does not answer or the ticket ran out. */
  async read(imageId: string, ticket: string, signal: AbortSignal): Promise<Readable> {
    const answer = await this.ask(imageId, ticket, { signal });
    if (answer.status === 404) throw new Refused('image', `image ${imageId} is gone`);
    if (answer.status !== 200 || answer.body === null) throw unexpected(answer.status, imageId);
    return Readable.fromWeb(answer.body as never);
  }

  /** The image holds exactly these bytes and is active. `Refused` where it is gone, is not waiting for its bytes, or may not be so large. */
  async write(imageId: string, ticket: string, bytes: Readable, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) };
    const answer = await this.ask(imageId, ticket, { method: 'PUT', headers, body: bytes, duplex: 'half', signal });
    await answer.arrayBuffer();
    if ([404, 410].includes(answer.status)) throw new Refused('image', `image ${imageId} is gone`);
    if (answer.status === 409) throw new Refused('image', `image ${imageId} is not waiting for its bytes`);
    if (answer.status === 413) throw new Refused('image', `image ${imageId} would be larger than it may be`);
    if (answer.status !== 204) throw unexpected(answer.status, imageId);
  }

  private ask(imageId: string, ticket: string, { headers, signal, ...request }: Record<string, unknown> & { signal: AbortSignal }): Promise<Response> {
    const all = { ...headers as Record<string, string>, [TICKET_HEADER]: ticket };
    return fetch(`${this.url}/v2/images/${encodeURIComponent(imageId)}/file`, { ...request, headers: all, signal } as RequestInit).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new DriverUnavailable('image', { cause });
    });
  }
}

const unexpected = (status: number, imageId: string): DriverUnavailable =>
  new DriverUnavailable('image', { cause: new Error(`the image service answered ${status} for image ${imageId}`) });
