import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * How much of a body that nobody wants is read, so that a client which sends before it reads gets to see the answer.
 *
 * Too low: such clients see a reset connection instead of the reason. Too high: refused uploads cost their traffic.
 */
const UNWANTED_BYTES = 4 * 1024 * 1024;

/** A client that sends `Expect: 100-continue` is told to go on when somebody reads the body, and not before. */
export function continueWhenRead(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const read = incoming._read;
  incoming._read = function (size) {
    incoming._read = read;
    if (!outgoing.headersSent) outgoing.writeContinue();
    else outgoing.shouldKeepAlive = false;
    read.call(this, size);
  };
}

/**
 * Ends a connection whose client does not get on with its body for so long, in milliseconds. Only while the body is read:
 * work that takes long without traffic is no fault of the client.
 */
export function limitIdleReading(incoming: IncomingMessage, limitMs: number): void {
  if (hasNoBody(incoming)) return;
  incoming.socket.setTimeout(limitMs, () => incoming.destroy(new Error('The client stopped sending.')));
  incoming.once('end', () => incoming.socket.setTimeout(0));
}

/** Ends a connection whose client does not take the answer for so long. */
export function limitIdleWriting(outgoing: ServerResponse, limitMs: number): void {
  const { socket } = outgoing;
  if (socket === null) return;
  socket.setTimeout(limitMs, () => outgoing.destroy(new Error('The client stopped reading.')));
  outgoing.once('finish', () => socket.setTimeout(0));
}

/** Whether the answer is given before the body was read to its end; the rest is then dropped, and the connection closed if it is long. */
export function dropUnreadBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (incoming.complete || hasNoBody(incoming)) return;
  outgoing.shouldKeepAlive = false;
  outgoing.setHeader('connection', 'close');
  if (incoming.headers.expect !== undefined && incoming.readableFlowing === null) return;
  let left = UNWANTED_BYTES;
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) incoming.pause();
  });
}

function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && (headers['content-length'] === undefined || headers['content-length'] === '0');
}
