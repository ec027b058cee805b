import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@virga/kernel';
import { imageStoreConformance } from './image-store.conformance.js';
import { FileImageStore, SimImageStore } from './index.js';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true }))));

imageStoreConformance('files', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'virga-store-'));
  directories.push(directory);
  return new FileImageStore(directory);
});

imageStoreConformance('simulated', async () => new SimImageStore(systemClock));

describe('the file store', () => {
  it.each(['../../etc/passwd', '/etc/passwd', 'ab/../../x', ''])('refuses the location %p', async (location) => {
    await expect(new FileImageStore(tmpdir()).read(location, undefined, new AbortController().signal)).rejects.toThrow('malformed');
  });
});
