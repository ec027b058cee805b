import { request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';

/** A request to another cluster. */
export interface OutgoingRequest {
  method: 'PUT' | 'DELETE';
  url: URL;
  headers: Record<string, string>;
  body?: Readable | Buffer;
}

/** Sends a request no faster than it is taken; answers its status. Throws what keeps it from being answered. */
export async function sendRequest({ method, url, headers, body }: OutgoingRequest, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const send = url.protocol === 'https:' ? requestSecure : requestPlain;
  const outgoing = send(url, { method, headers, signal, timeout: 60_000 }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  });
  outgoing.once('timeout', () => outgoing.destroy(new Error('The other cluster does not answer.')));
  outgoing.once('error', reject);
  if (body instanceof Readable) {
    // An early answer (the other side has a newer one) ends the upload: the status counts, not the broken pipe.
    pipeline(body, outgoing).catch((error: unknown) => { setImmediate(() => reject(error as Error)); });
  } else {
    outgoing.end(body);
  }
  return promise;
}
