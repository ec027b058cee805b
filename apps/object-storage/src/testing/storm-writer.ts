import 'reflect-metadata';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { Readable } from 'node:stream';
import { NestFactory } from '@nestjs/core';
import { LocalObjectStore } from '@virga/driver-objects-local';
import { MasterKey } from '@virga/identity-client';
import { days, systemClock } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import { ObjectStorageApp } from '../app.module.js';
import { Containers, type Container } from '../containers/index.js';
import { Objects } from '../objects/index.js';
import { personaIdentity } from './persona-keys.js';

/**
 * A process of the service that puts, replaces, copies and removes objects until it is killed. It says what it is about to do and
 * what was acknowledged, a line each, before it goes on: `try NAME MD5`, `ack NAME MD5`, where `-` for the MD5 means removed.
 */
const [url = '', directory = '', round = ''] = process.argv.slice(2);
const WRITERS = 12;
const NAMES = 5;

const store = await LocalObjectStore.open(directory, systemClock);
const app = await NestFactory.createApplicationContext(ObjectStorageApp.forRoot({
  database: { url }, listen: { host: '127.0.0.1', port: 0 }, logger: silentLogger, clock: systemClock, stores: [store],
  masterKey: new MasterKey(Buffer.alloc(32, 7)), authentication: personaIdentity(),
  settings: { region: 'R', publicUrl: '', bucketDomains: [], policies: [{ name: 'Policy-0', isDefault: true, store: 'local' }], rootKeyLifetime: days(90) },
}), { logger: false });
const objects = app.get(Objects);
const signal = new AbortController().signal;
const container = await app.get(Containers).find('AUTH_storm', 'c') as Container;

const say = (verb: string, name: string, md5: string): void => void writeSync(1, `${verb} ${name} ${md5}\n`);
const sizes = [0, 100, 4_096, 60_000, 130_000, 700_000, 3_000_000];

async function write(name: string): Promise<void> {
  const bytes = randomBytes(sizes[randomInt(sizes.length)] as number);
  const md5 = createHash('md5').update(bytes).digest('hex');
  say('try', name, md5);
  const staged = await objects.stage(container, randomInt(2) === 0 ? bytes : Readable.from([bytes.subarray(0, 50), bytes.subarray(50)].filter(({ length }) => length > 0)), { maxBytes: 1e9, signal });
  await objects.commit(container, { name, staged, contentType: 'text/plain', metadata: {} });
  say('ack', name, md5);
}

async function copy(from: string, name: string): Promise<void> {
  const source = await objects.find(container, from);
  if (source === undefined) return;
  say('try', name, source.etag);
  await objects.copy(source, container, { name, contentType: 'text/plain', metadata: {} });
  say('ack', name, source.etag);
}

async function remove(name: string): Promise<void> {
  say('try', name, '-');
  await objects.remove(container, name);
  say('ack', name, '-');
}

await Promise.all(Array.from({ length: WRITERS }, async (_, writer) => {
  const name = (): string => `${round}/${writer}/${randomInt(NAMES)}`;
  for (;;) {
    const choice = randomInt(10);
    if (choice < 7) await write(name());
    else if (choice < 9) await remove(name());
    else await copy(name(), name());
  }
}));
