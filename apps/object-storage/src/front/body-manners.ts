import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * How much of a body that nobody wants is read, and for how long at most, so that a client which sends before it reads gets to
 * see the answer and keeps its connection.
 *
 * Too low: such clients see a reset connection instead of the reason. Too high: refused uploads cost their traffic.
 */
const UNWANTED_BYTES = 4 * 1024 * 1024;
const UNWANTED_MS = 2_000;

/** A client that sends `Expect: 100-continue` is told to go on when somebody reads the body, and not before. */
export function continueWhenRead(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // Without a body nothing would ever be read, and Node closes the connection of who was never told to go on: at once here.
  if (hasNoBody(incoming)) return outgoing.writeContinue();
  const read = incoming._read;
  incoming._read = function (size) {
    incoming._read = read;
    if (!outgoing.headersSent) outgoing.writeContinue();
    read.call(this, size);
  };
}

/**
 * Ends a connection whose client does not get on with its body for so long, in milliseconds. Only while the body is read:
 * work that takes long without traffic is no fault of the client. A socket that times out is destroyed by Node's server.
 */
export function limitIdleReading(incoming: IncomingMessage, limitMs: number): void {
  if (hasNoBody(incoming)) return;
  const { socket } = incoming;
  socket.setTimeout(limitMs);
  incoming.once('end', () => socket.setTimeout(0));
}

/** Ends a connection whose client does not take the answer for so long. */
export function limitIdleWriting(outgoing: ServerResponse, limitMs: number): void {
  const { socket } = outgoing;
  if (socket === null) return;
  socket.setTimeout(limitMs);
  outgoing.once('finish', () => socket.setTimeout(0));
}

/** Before an answer that did not need the whole body: takes what is left of a short one; the connection of a long one is closed. */
export async function dropUnreadBody(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (incoming.complete || hasNoBody(incoming) || incoming.destroyed) return;
  const isUnasked = incoming.headers.expect !== undefined && !incoming.readableDidRead;
  if (!isUnasked) await drained(incoming);
  if (!incoming.complete) outgoing.setHeader('connection', 'close');
}

function drained(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = UNWANTED_BYTES;
    const stop = (): void => {
      clearTimeout(timer);
      incoming.off('data', take).off('end', stop).off('close', stop).off('error', stop).pause();
      resolve();
    };
    const take = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) stop();
    };
    const timer = setTimeout(stop, UNWANTED_MS);
    incoming.on('end', stop).on('close', stop).on('error', stop).on('data', take).resume();
  });
}

function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && (headers['content-length'] === undefined || headers['content-length'] === '0');
}
