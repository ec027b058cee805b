import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { open, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';

const directory = process.argv[2] ?? '.';
let serial = 0;

async function put(path: string, request: IncomingMessage): Promise<void> {
  const scratch = `${path}.${serial += 1}`;
  const file = await open(scratch, 'w');
  try {
    await file.writeFile(Buffer.concat(await request.toArray() as Buffer[]));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(scratch, path);
}

async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const path = join(directory, basename(request.url ?? ''));
  if (request.method === 'GET') {
    reply.end(await readFile(path));
    return;
  }
  await put(path, request);
  reply.writeHead(201).end();
}

const server = createServer((request, reply) => void answer(request, reply).catch(() => reply.writeHead(500).end()));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
