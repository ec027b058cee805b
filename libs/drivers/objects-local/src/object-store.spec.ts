import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@virga/kernel';
import { LocalObjectStore } from './index.js';
import { objectStoreConformance } from './object-store.conformance.js';
import { SimObjectStore } from './sim/index.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(() => Promise.all(cleanups.map((clean) => clean())));

objectStoreConformance('a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'virga-objects-'));
  const store = await LocalObjectStore.open(directory, systemClock);
  cleanups.push(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return store;
});

objectStoreConformance('simulated', () => SimObjectStore.start(systemClock));
