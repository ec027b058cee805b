import type { Readable } from 'node:stream';

export interface ReplyOptions {
  /** Must be one of the statuses that the endpoint declares. */
  status?: number;
  headers?: Record<string, string>;
}

/** A reply with more than a body: a status of several that are declared, headers, or a stream of bytes. */
export class Reply<Body> {
  constructor(readonly body: Body | Readable, readonly options: ReplyOptions) {}
}

export function reply<Body>(body: Body | Readable, options: ReplyOptions = {}): Reply<Body> {
  return new Reply(body, options);
}

export function isReply(value: unknown): value is Reply<unknown> {
  return value instanceof Reply;
}
