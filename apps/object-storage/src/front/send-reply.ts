import type { ServerResponse } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { letGo } from '@virga/kernel';
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
  const sending = new Sending(outgoing);
  await pipeline(body, sending);
  return sending.sent;
}

/** Passes chunks on to the client, the next when the one before is on its way, and lets go of their memory then. */
class Sending extends Writable {
  sent = 0;

  constructor(private readonly outgoing: ServerResponse) {
    super();
    outgoing.once('close', () => this.destroy());
    outgoing.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.sent += chunk.length;
    this.outgoing.write(chunk, (error) => {
      // Its `close` is what ends this: only then is it known that the client has gone.
      if (error) return void this.outgoing.destroy();
      letGo(chunk);
      done();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.outgoing.end(() => done());
  }

  /** An answer that broke off must not look whole. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.writableFinished) this.outgoing.destroy();
    done(error);
  }
}
