import { createHash } from 'node:crypto';
import type { Persona } from '@virga/testing';
import type { ObjectStorageScene } from '../../testing/index.js';
import { demoAccount } from './callers.js';

export const md5 = (bytes: string | Buffer): string => createHash('md5').update(bytes).digest('hex');

export interface Sent {
  /** Default alice, who owns the account; `nobody` sends no token. */
  as?: Persona | 'nobody';
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

/** One line for each request of a test: paths are below the account of the personas' project. */
export function swiftAccount(storage: ObjectStorageScene) {
  const send = async (method: string, path: string, { as = 'alice', headers, body }: Sent = {}): Promise<Answered> => {
    const response = await storage.request(path.startsWith('/v1/') ? path : `/v1/${demoAccount}/${path}`, {
      method, redirect: 'manual', ...(as !== 'nobody' && { as }), ...(headers && { headers }), // Bytes, since a text would bring a content type of its own.
      ...(body !== undefined && { body: new Uint8Array(Buffer.from(body as Buffer)) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    send,
    get: (path: string, sent?: Sent) => send('GET', path, sent),
    head: (path: string, sent?: Sent) => send('HEAD', path, sent),
    put: (path: string, body: string | Buffer = '', sent?: Sent) => send('PUT', path, { ...sent, body }),
    post: (path: string, headers: Record<string, string>, sent?: Sent) => send('POST', path, { ...sent, headers }),
    remove: (path: string, sent?: Sent) => send('DELETE', path, sent),
    async json<Value>(path: string, sent?: Sent): Promise<Value> {
      const { text } = await send('GET', path, sent);
      return JSON.parse(text) as Value;
    },
  };
}
