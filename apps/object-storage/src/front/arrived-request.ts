import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FrontRequest } from './front.js';

/** A request as it came; what not every handler looks at is only made when it is looked at. */
export class ArrivedRequest implements FrontRequest {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  readonly remoteAddress: string;
  private parsedQuery: URLSearchParams | undefined;
  private gone: AbortController | undefined;
  private isGone = false;

  constructor(readonly id: string, url: string, incoming: IncomingMessage, outgoing: ServerResponse, private readonly note: (error: unknown, request: FrontRequest) => void) {
    const mark = url.indexOf('?');
    this.method = incoming.method ?? 'GET';
    this.rawPath = mark < 0 ? url : url.slice(0, mark);
    this.rawQuery = mark < 0 ? '' : url.slice(mark + 1);
    this.headers = incoming.headers;
    this.body = incoming;
    this.remoteAddress = incoming.socket.remoteAddress ?? '';
    outgoing.once('close', () => {
      if (outgoing.writableFinished) return;
      this.isGone = true;
      this.gone?.abort();
    });
  }

  noteFailure(error: unknown): void {
    if (!this.isGone) this.note(error, this);
  }

  get query(): URLSearchParams {
    return (this.parsedQuery ??= new URLSearchParams(this.rawQuery));
  }

  get signal(): AbortSignal {
    if (this.gone === undefined) {
      this.gone = new AbortController();
      if (this.isGone) this.gone.abort();
    }
    return this.gone.signal;
  }
}
