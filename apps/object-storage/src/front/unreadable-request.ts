import type { Socket } from 'node:net';

/** What Node's parser says of a request that it cannot read. */
interface ParserError extends Error {
  code?: string;
}

const REASONS: Readonly<Record<string, { status: string; code: string; message: string }>> = {
  HPE_INVALID_METHOD: { status: '405 Method Not Allowed', code: 'MethodNotAllowed', message: 'The specified method is not allowed against this resource.' },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'RequestHeaderSectionTooLarge', message: 'Your request header fields are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'RequestTimeout', message: 'The request did not arrive in time.' },
};
const MALFORMED = { status: '400 Bad Request', code: 'BadRequest', message: 'The request is no HTTP.' };

/** Answers a request of which not even the first line or the headers can be read, and closes the connection; nobody knows whose request it would have been. */
export function refuseUnreadable(error: ParserError, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const { status, code, message } = REASONS[error.code ?? ''] ?? MALFORMED;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
