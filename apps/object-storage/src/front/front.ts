import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A request as both APIs see it: nothing parsed but the path. */
export interface FrontRequest {
  id: string;
  method: string;
  /** As it was sent, percent-encoded, without the query. Signatures are made over it. */
  rawPath: string;
  rawQuery: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Readable;
  remoteAddress: string;
  /** Aborted when the client has gone or a time limit has passed. */
  signal: AbortSignal;
  /** Tells the operators of a failure that is ours and that no status tells of: it is one of many in the body of an answer. */
  noteFailure(error: unknown): void;
}

/** What is sent back. A `content-length` header stands for a stream of known length; a Buffer or string needs none. A stream's chunks are gone once they are sent. */
export interface FrontReply {
  status: number;
  headers: Record<string, string | string[]>;
  body?: string | Buffer | Readable;
  /** The request's body is still being read while this is sent: what it brings decides how the answer ends. */
  readsBody?: true;
}

/** One API behind the front door. What it throws becomes an answer in its own words by `fault`. */
export interface ObjectApi {
  answer(request: FrontRequest): Promise<FrontReply>;
  fault(error: unknown, request: FrontRequest): FrontReply;
}
