import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FrontReply } from './front.js';

/** Statuses that have no body, whatever the headers say. */
const BODILESS = new Set([204, 304]);

/** Writes the answer, a stream no faster than the client takes it; answers how many bytes of body were sent. */
export async function sendReply(outgoing: ServerResponse, reply: FrontReply, isHead: boolean): Promise<number> {
  const { body } = reply;
  const isBodiless = isHead || BODILESS.has(reply.status);
  if (!(body instanceof Readable)) return sendWhole(outgoing, reply, typeof body === 'string' ? Buffer.from(body) : body, isBodiless);
  if (isBodiless || outgoing.destroyed) {
    body.destroy();
    outgoing.writeHead(reply.status, reply.headers).end();
    return 0;
  }
  outgoing.writeHead(reply.status, reply.headers);
  return sendStream(outgoing, body);
}

function sendWhole(outgoing: ServerResponse, { status, headers }: FrontReply, body: Buffer | undefined, isBodiless: boolean): number {
  if (!BODILESS.has(status) && !('content-length' in headers) && !(isBodiless && body === undefined)) outgoing.setHeader('content-length', body?.length ?? 0);
  outgoing.writeHead(status, headers);
  if (isBodiless || body === undefined) {
    outgoing.end();
    return 0;
  }
  outgoing.end(body);
  return body.length;
}

async function sendStream(outgoing: ServerResponse, body: Readable): Promise<number> {
  let sent = 0;
  body.on('data', (chunk: Buffer) => { sent += chunk.length; });
  await pipeline(body, outgoing);
  return sent;
}
