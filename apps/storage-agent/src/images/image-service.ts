import { Readable } from 'node:stream';
import { TICKET_HEADER } from '@virga/contracts-image';
import { DriverUnavailable, Refused } from '@virga/ports';

/** What has become of an image's bytes. */
export interface ImageState {
  status: string;
  /** Null where it has none yet. */
  sizeBytes: number | null;
  sha512: string | null;
}

/** Reads and writes images' bytes at the image service, with the tickets that came with the commands. */
export class ImageService {
  constructor(private readonly url: string) {}

  /** The image's bytes. `Refused` where the image is gone; `DriverUnavailable` where the service does not answer or the ticket ran out. */
  async read(imageId: string, ticket: string, signal: AbortSignal): Promise<Readable> {
    const answer = await this.ask(`${encodeURIComponent(imageId)}/file`, ticket, { signal });
    if (answer.status === 404) throw new Refused('image', `image ${imageId} is gone`);
    if (answer.status !== 200 || answer.body === null) throw unexpected(answer.status, imageId);
    return Readable.fromWeb(answer.body as never);
  }

  /** How far the image is, for those who may write it. `Refused` where it is gone. */
  async state(imageId: string, ticket: string, signal: AbortSignal): Promise<ImageState> {
    const answer = await this.ask(encodeURIComponent(imageId), ticket, { signal });
    if (answer.status === 404) throw new Refused('image', `image ${imageId} is gone`);
    if (answer.status !== 200) throw unexpected(answer.status, imageId);
    const { status, size, os_hash_algo: algorithm, os_hash_value: hash } = await answer.json() as Record<string, unknown>;
    return { status: String(status), sizeBytes: typeof size === 'number' ? size : null, sha512: algorithm === 'sha512' && typeof hash === 'string' ? hash : null };
  }

  /**
   * The image holds exactly these bytes and is active. `Refused` where it is gone or may not be so large; `DriverUnavailable` also where it is not
   * waiting for bytes any more: `state` says what that means.
   */
  async write(imageId: string, ticket: string, bytes: Readable, sizeBytes: number, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) };
    const answer = await this.ask(`${encodeURIComponent(imageId)}/file`, ticket, { method: 'PUT', headers, body: bytes, duplex: 'half', signal });
    await answer.arrayBuffer();
    if ([404, 410].includes(answer.status)) throw new Refused('image', `image ${imageId} is gone`);
    if (answer.status === 413) throw new Refused('image', `image ${imageId} would be larger than it may be`);
    if (answer.status !== 204) throw unexpected(answer.status, imageId);
  }

  private ask(path: string, ticket: string, { headers, signal, ...request }: Record<string, unknown> & { signal: AbortSignal }): Promise<Response> {
    const all = { ...headers as Record<string, string>, [TICKET_HEADER]: ticket };
    return fetch(`${this.url}/v2/images/${path}`, { ...request, headers: all, signal } as RequestInit).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new DriverUnavailable('image', { cause });
    });
  }
}

const unexpected = (status: number, imageId: string): DriverUnavailable =>
  new DriverUnavailable('image', { cause: new Error(`the image service answered ${status} for image ${imageId}`) });
