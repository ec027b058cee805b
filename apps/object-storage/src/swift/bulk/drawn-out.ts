import { Readable } from 'node:stream';

/** How often something is sent while the work goes on. Too rarely, and proxies on the way cut the connection; too often, and the answer is mostly blanks. */
export const HEARTBEAT_MS = 10_000;

/**
 * The body of an answer that takes long: `heartbeat` (white space) every ten seconds while `work` goes on, then what `work` gives.
 * With `isEager` the first heartbeat is sent at once. A client that goes away ends the heartbeats; `work` has its own signal.
 */
export function drawnOut(work: Promise<string>, options: { first: string; isEager: boolean }): Readable {
  // Whoever reads meets its failure; where nobody does, because the client has gone, it is nobody's.
  work.catch(() => undefined);
  return Readable.from(beats(work, options), { objectMode: false });
}

async function* beats(work: Promise<string>, { first, isEager }: { first: string; isEager: boolean }): AsyncGenerator<string> {
  let beaten = 0;
  if (isEager) {
    beaten += 1;
    yield first;
  }
  while (true) {
    const body = await withinBeat(work);
    if (body !== undefined) {
      yield beaten > 0 ? `\r\n\r\n${body}` : body;
      return;
    }
    yield beaten === 0 ? first : ' ';
    beaten += 1;
  }
}

/** What `work` gives, or undefined where the next heartbeat is due before. */
async function withinBeat(work: Promise<string>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), HEARTBEAT_MS);
  });
  try {
    return await Promise.race([work, beat]);
  } finally {
    clearTimeout(timer);
  }
}
