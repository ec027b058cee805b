import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Beyond it, memory must not hold the file. */
const STREAMED_FROM = 1024 * 1024;
/** As object storage reads: Node's own 64 KiB would make the plain server look slow. */
const CHUNK_BYTES = 256 * 1024;

const directory = process.argv[2] ?? '.';
let serial = 0;

async function put(path: string, request: IncomingMessage): Promise<void> {
  const scratch = `${path}.${serial += 1}`;
  const file = await open(scratch, 'w');
  try {
    await file.writeFile(Number(request.headers['content-length']) > STREAMED_FROM ? request : Buffer.concat(await request.toArray() as Buffer[]));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(scratch, path);
}

async function get(path: string, reply: ServerResponse): Promise<void> {
  const { size } = await stat(path);
  if (size <= STREAMED_FROM) {
    reply.end(await readFile(path));
    return;
  }
  reply.setHeader('content-length', size);
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), reply);
}

async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const path = join(directory, basename(request.url ?? ''));
  if (request.method === 'GET') return get(path, reply);
  await put(path, request);
  reply.writeHead(201).end();
}

const server = createServer((request, reply) => void answer(request, reply).catch(() => reply.writeHead(500).end()));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
