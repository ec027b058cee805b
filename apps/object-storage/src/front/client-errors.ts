import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's parser says of what came, as statuses; anything else is no HTTP. */
const STATUSES: Readonly<Record<string, number>> = { HPE_INVALID_METHOD: 405, HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/**
 * Answers bytes that are no HTTP request. They may follow a request that is still being answered (a body without a length, whose
 * bytes look like a next request): then that answer comes first, and the connection ends with it.
 */
export class ClientErrors {
  private readonly answering = new WeakMap<Socket, ServerResponse>();

  /** Remembers what is being answered on a connection. */
  began(socket: Socket, outgoing: ServerResponse): void {
    this.answering.set(socket, outgoing);
  }

  readonly answer = (error: Error & { code?: string }, socket: Socket): void => {
    const outgoing = this.answering.get(socket);
    if (error.code === 'ECONNRESET' || socket.destroyed) {
      socket.destroy();
    } else if (outgoing !== undefined && !outgoing.writableFinished) {
      outgoing.shouldKeepAlive = false;
      outgoing.once('finish', () => socket.destroySoon());
    } else {
      socket.end(refusal(STATUSES[error.code ?? ''] ?? 400), () => socket.destroy());
    }
  };
}

/** In S3's form: its clients look for the code; those of Swift look at the status. */
function refusal(status: number): string {
  const words = STATUS_CODES[status] ?? '';
  const page = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${words.replaceAll(' ', '')}</Code><Message>The request is no HTTP that this server understands.</Message></Error>`;
  return `HTTP/1.1 ${status} ${words}\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: ${page.length}\r\n\r\n${page}`;
}
