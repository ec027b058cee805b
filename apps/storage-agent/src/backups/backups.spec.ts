import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BackupPlace as PlaceCommand } from '@virga/contracts-block-storage';
import { VolumeFileBackend } from '@virga/driver-volume-file';
import { newId, systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import { DriverUnavailable, Refused, type VolumeKey } from '@virga/ports';
import { DurableDirectory, type TaskContext, type TaskOutcome } from '../tasks/index.js';
import { placeOf } from './backup-place.js';
import { removeBackup } from './remove-backup.js';
import { restoreBackup } from './restore-backup.js';
import { BackupWriter } from './write-backup.js';

const MEBIBYTE = 2 ** 20;
const SIZE = 10 * MEBIBYTE;
const CHUNK = 3.125 * MEBIBYTE;
const within = (): AbortSignal => AbortSignal.timeout(30_000);
const context = (signal = within()): TaskContext => ({ signal, progress: () => undefined });
const aKey = (): VolumeKey => ({ id: newId<'key'>(), passphrase: randomBytes(32).toString('hex') });

describe('backups of a host\'s volumes', () => {
  let directory: string;
  let backend: VolumeFileBackend;
  let store: Server;
  let journal: DurableDirectory;
  /** What the object store holds, by path. */
  const objects = new Map<string, Buffer>();
  /** Names of objects that are not taken, once each. */
  const refused = new Set<string>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vbak-'));
    backend = await VolumeFileBackend.open({ directory: join(directory, 'store'), runDirectory: join(directory, 'run'), ownHost: 'here', clock: systemClock }, within());
    journal = await DurableDirectory.open(join(directory, 'tasks'));
    store = createServer((request, reply) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://store');
      if (search !== '?pass=good') return void reply.writeHead(401).end();
      if (request.method === 'PUT') {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          if (refused.delete(pathname.slice(-8))) return reply.writeHead(503).end();
          objects.set(pathname, Buffer.concat(parts));
          return reply.writeHead(201).end();
        });
        return;
      }
      const found = objects.get(pathname);
      if (found === undefined) return void reply.writeHead(404).end();
      if (request.method === 'DELETE') objects.delete(pathname);
      reply.writeHead(request.method === 'DELETE' ? 204 : 200).end(request.method === 'DELETE' ? undefined : found);
    });
    await new Promise<void>((resolve) => { store.listen(0, '127.0.0.1', resolve); });
  });
  afterAll(async () => {
    store.close();
    store.closeAllConnections();
    await backend.shutDown();
    await rm(directory, { recursive: true, force: true });
  });
  afterEach(() => {
    objects.clear();
    refused.clear();
  });

  const inObjects = (prefix: string, pass = 'pass=good'): PlaceCommand =>
    ({ kind: 'objects', containerUrl: `http://127.0.0.1:${(store.address() as AddressInfo).port}/v1/AUTH_p/backups`, prefix, pass });
  const place = (where: PlaceCommand) => placeOf(where, join(directory, 'backups'));
  const keyed = (key: VolumeKey | undefined): { key?: VolumeKey } => (key ? { key } : {});

  async function given(key?: VolumeKey): Promise<VolumeId> {
    const id = newId<'volume'>();
    await backend.ensureVolume({ id, generation: 1, sizeBytes: SIZE, source: { kind: 'empty' }, ...keyed(key) }, within());
    return id;
  }
  let generation = 1;
  const write = (id: VolumeId, offset: number, bytes: Buffer, key?: VolumeKey): Promise<void> =>
    backend.write({ id, generation: ++generation, ...keyed(key) }, (async function* () { yield { offset, bytes }; })(), within());
  async function snapshot(volumeId: VolumeId, key?: VolumeKey): Promise<SnapshotId> {
    const id = newId<'snapshot'>();
    await backend.ensureSnapshots([{ id, generation: 1, volumeId, ...keyed(key) }], within());
    return id;
  }
  async function content(id: VolumeId, key?: VolumeKey): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of await backend.read({ volumeId: id, ...keyed(key) }, undefined, within())) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }
  const backUp = (snapshotId: string, where: PlaceCommand, more: { since?: string; key?: VolumeKey; taskId?: string; signal?: AbortSignal } = {}): Promise<TaskOutcome> =>
    new BackupWriter(backend, journal, CHUNK).write(
      { taskId: more.taskId ?? newId(), snapshotId, since: more.since ?? null, key: more.key, place: place(where) }, context(more.signal),
    );
  const restore = (volumeId: VolumeId, chain: PlaceCommand[], keys: VolumeKey[] = [], key?: VolumeKey): Promise<TaskOutcome> => restoreBackup(backend, {
    volumeId, volumeGeneration: ++generation, key, chain: chain.map((where, index) => ({ backupId: `b${index}`, place: place(where) })),
    keyOf: async (id) => keys.find((candidate) => candidate.id === id),
  }, context());

  it.each([['objects', () => inObjects('full/')], ['a directory', (): PlaceCommand => ({ kind: 'directory', prefix: 'p/full/' })]])(
    'bring a volume back as it was, from %s, and leave nothing when they go', async (_name, whereOf) => {
      const where = whereOf();
      const id = await given();
      const noise = randomBytes(3 * MEBIBYTE);
      await write(id, 3 * MEBIBYTE, noise);
      await write(id, 9 * MEBIBYTE, Buffer.alloc(MEBIBYTE, 7));
      const expected = await content(id);
      const outcome = await backUp(await snapshot(id), where);
      await write(id, 0, randomBytes(MEBIBYTE));

      await restore(id, [where]);

      expect((await content(id)).equals(expected)).toBe(true);
      // The noise lies in the first two chunks, the rest in the last two; then there is the manifest.
      expect(outcome.objects).toBe(5);
      expect(outcome.sizeBytes).toBeGreaterThan(noise.length);
      expect(outcome.sizeBytes).toBeLessThan(noise.length + MEBIBYTE);
      await removeBackup(place(where), context());
      await removeBackup(place(where), context());
      expect([...objects.keys()]).toEqual([]);
      expect((await readdir(join(directory, 'backups'), { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile())).toEqual([]);
    });

  it('hold only what changed since the backup before, zeros too', async () => {
    const id = await given();
    await write(id, MEBIBYTE, randomBytes(4 * MEBIBYTE));
    const [first, full] = [await snapshot(id), inObjects('one/')];
    await backUp(first, full);
    await write(id, MEBIBYTE, Buffer.alloc(MEBIBYTE));
    await write(id, 6 * MEBIBYTE, Buffer.alloc(65_536, 3));
    const expected = await content(id);
    const [second, difference] = [await snapshot(id), inObjects('two/')];
    const outcome = await backUp(second, difference, { since: first });
    const other = await given();
    await write(other, 8 * MEBIBYTE, randomBytes(MEBIBYTE));

    await restore(other, [full, difference]);

    expect((await content(other)).equals(expected)).toBe(true);
    expect(outcome.sizeBytes).toBeLessThan(65_536);
    await expect(restore(other, [difference])).rejects.toBeInstanceOf(Refused);
    await expect(restore(other, [difference, full])).rejects.toBeInstanceOf(Refused);
  });

  it('of encrypted volumes hold no plain text, and open with the key of their volume only', async () => {
    const [key, other] = [aKey(), aKey()];
    const id = await given(key);
    await write(id, 0, Buffer.alloc(MEBIBYTE, 'what nobody may read '), key);
    const where = inObjects('secret/');
    await backUp(await snapshot(id, key), where, { key });
    const target = await given(other);

    await restore(target, [where], [key], other);

    expect((await content(target, other)).equals(await content(id, key))).toBe(true);
    // Compressed alone, a repeated sentence would still be readable once.
    for (const bytes of objects.values()) expect(bytes.includes('nobody may read')).toBe(false);
    const wrong = { ...aKey(), id: key.id };
    await expect(restore(target, [where], [wrong], other)).rejects.toBeInstanceOf(Refused);
  }, 120_000);

  it('go on where they broke off, and are no backup before they are complete', async () => {
    const id = await given();
    for (const at of [0, 4, 7]) await write(id, at * MEBIBYTE, randomBytes(MEBIBYTE));
    const [snapshotId, where, taskId] = [await snapshot(id), inObjects('broken/'), newId()];
    refused.add('00000002');
    await expect(backUp(snapshotId, where, { taskId })).rejects.toBeInstanceOf(DriverUnavailable);
    await expect(restore(await given(), [where])).rejects.toBeInstanceOf(Refused);
    const sent = await journal.read(`${taskId}.chunks`) ?? '';
    const noted = [...objects].filter(([path]) => sent.includes(path.slice(-8)));

    await backUp(snapshotId, where, { taskId });

    // What was noted was not sent again: the very same bytes are there.
    expect(noted.length).toBeGreaterThan(0);
    for (const [path, bytes] of noted) expect(objects.get(path)).toBe(bytes);
    const target = await given();
    await restore(target, [where]);
    expect((await content(target)).equals(await content(id))).toBe(true);
    expect(await journal.names()).toEqual([]);
  });

  it('that broke off are removed with all that was written', async () => {
    const id = await given();
    for (const at of [0, 4, 7]) await write(id, at * MEBIBYTE, randomBytes(MEBIBYTE));
    const where = inObjects('gone/');
    refused.add('00000002');
    const taskId = newId();
    await expect(backUp(await snapshot(id), where, { taskId })).rejects.toBeInstanceOf(DriverUnavailable);

    await removeBackup(place(where), context());

    expect([...objects.keys()]).toEqual([]);
    await journal.remove(`${taskId}.chunks`);
  });

  it('that are damaged, incomplete or out of reach are said to be, and nothing of a damaged object is written', async () => {
    const id = await given();
    await write(id, 0, randomBytes(MEBIBYTE));
    const where = { kind: 'directory' as const, prefix: 'p/damaged/' };
    await backUp(await snapshot(id), where);
    const path = join(directory, 'backups', 'p/damaged/00000000');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(path, bytes);
    const target = await given();

    await expect(restore(target, [where])).rejects.toThrow('object 00000000 of backup b0 is damaged');
    expect((await content(target)).equals(Buffer.alloc(SIZE))).toBe(true);
    await rm(path);
    await expect(restore(target, [where])).rejects.toThrow('is gone');
    await writeFile(join(directory, 'backups', 'p/damaged/manifest.json'), '{}');
    await expect(restore(target, [where])).rejects.toThrow('not of this format');
    await expect(restore(target, [{ ...where, prefix: 'nothing/' }])).rejects.toThrow('is not in its place');
    await expect(backUp(await snapshot(id), inObjects('x/', 'pass=old'))).rejects.toBeInstanceOf(DriverUnavailable);
    await expect(backUp(newId(), inObjects('x/'))).rejects.toBeInstanceOf(Refused);
    for (const prefix of ['../x/', '/etc/', 'a/../../x', '']) expect(() => placeOf({ kind: 'directory', prefix }, directory)).toThrow(Refused);
    const names = await journal.names();
    for (const name of names) await journal.remove(name);
  });

  it('stop when they are told to', async () => {
    const id = await given();
    await write(id, 0, randomBytes(MEBIBYTE));
    const stopping = new AbortController();
    const hanging = { put: (_name: string, bytes: Readable) => new Promise<void>((_, reject) => {
      bytes.resume();
      stopping.signal.addEventListener('abort', () => reject(new Error('stopped')));
      stopping.abort(new Error('enough'));
    }), get: async () => undefined, remove: async () => undefined };
    await expect(new BackupWriter(backend, journal, CHUNK).write({ taskId: newId(), snapshotId: await snapshot(id), since: null, key: undefined, place: hanging }, context(stopping.signal)))
      .rejects.toThrow();
    for (const name of await journal.names()) await journal.remove(name);
  });
});
