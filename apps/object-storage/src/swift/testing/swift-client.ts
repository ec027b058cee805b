import type { ObjectStorageScene } from '../../testing/index.js';
import type { SwiftCaller } from './callers.js';

export interface SwiftCall {
  as?: SwiftCaller;
  headers?: Record<string, string>;
  body?: string | Buffer | ReadableStream;
}

export interface SwiftAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** `PUT /v1/…` and the like over the wire, with the whole answer read. */
export function swiftClient(storage: ObjectStorageScene): (line: string, call?: SwiftCall) => Promise<SwiftAnswer> {
  return async (line, { as, headers, body } = {}) => {
    const [method, path] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    const answer = await fetch(storage.url + path, {
      method, headers: { ...(as !== undefined && { 'x-auth-token': as }), ...headers },
      ...(body !== undefined && { body: body as RequestInit['body'] }), ...(body instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
}
