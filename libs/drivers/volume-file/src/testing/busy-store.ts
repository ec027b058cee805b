import { Readable } from 'node:stream';
import { newId, systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { VolumeKey } from '@virga/ports';
import { NbdClient } from '../nbd/nbd-client.js';
import { VolumeFileBackend } from '../volume-file-backend.js';

/**
 * A process that does with a store whatever can be done, until somebody kills it: a line on standard output before and
 * after each step says what must be true. Takes the store's directory, that of its sockets, and the seed of its content.
 */
const [directory = '', runDirectory = '', seed = '0'] = process.argv.slice(2);
const MEBIBYTE = 1024 * 1024;
const key: VolumeKey = { id: 'a-key', passphrase: 'kept by the test' };

const within = (): AbortSignal => AbortSignal.timeout(30_000);
const say = (fact: Record<string, unknown>): void => { process.stdout.write(`${JSON.stringify(fact)}\n`); };
const filled = (value: number): Buffer => Buffer.alloc(65_536, value);

const backend = await VolumeFileBackend.open({ directory, runDirectory, ownHost: 'here', clock: systemClock }, within());

/** One volume's life; what it holds at each moment is said before it is durable (`may`) and after (`must`). */
async function live(round: number, encrypted: boolean): Promise<void> {
  const id = newId<'volume'>();
  const keyed = encrypted ? { key } : {};
  const first = (Number(seed) + round) % 200 + 1;
  await backend.ensureVolume({
    id, generation: 1, sizeBytes: 4 * MEBIBYTE, ...keyed,
    source: { kind: 'image', format: 'raw', sizeBytes: 65_536, open: async () => Readable.from([filled(first)]) },
  }, within());
  say({ must: { volume: id, holds: first, encrypted } });
  await grown(id, keyed, first, encrypted);
  const snapshotId = newId<'snapshot'>();
  await snapshotted(id, snapshotId, keyed, first, encrypted);
  say({ may: { volume: id, holds: 'nothing' } });
  await backend.ensureNoVolume(id, 9, within());
  say({ must: { volume: id, holds: 'nothing' } });
  if (round % 2 === 0) {
    say({ may: { snapshot: snapshotId, holds: 'nothing' } });
    await backend.ensureNoSnapshot(snapshotId, 9, within());
    say({ must: { snapshot: snapshotId, holds: 'nothing' } });
  }
  await backend.tend(within());
}

async function grown(id: VolumeId, keyed: { key?: VolumeKey }, first: number, encrypted: boolean): Promise<void> {
  const clone = newId<'volume'>();
  await backend.ensureVolume({ id: clone, generation: 1, sizeBytes: 8 * MEBIBYTE, source: { kind: 'volume', volumeId: id }, ...keyed }, within());
  say({ must: { volume: clone, holds: first, encrypted } });
  await backend.ensureSize({ id: clone, generation: 2, sizeBytes: 12 * MEBIBYTE, ...keyed }, within());
}

async function snapshotted(id: VolumeId, snapshotId: SnapshotId, keyed: { key?: VolumeKey }, first: number, encrypted: boolean): Promise<void> {
  const attachmentId = newId<'attachment'>();
  const request = { attachmentId, generation: 1, volumeId: id, host: 'here', isReadOnly: false, isShared: false, ...keyed };
  const address = await backend.ensureExport(request, within());
  if (address.kind !== 'nbd-unix') throw new Error('not on this host');
  const guest = await NbdClient.connect(address.socketPath, address.exportName, within());
  await backend.ensureSnapshots([{ id: snapshotId, generation: 1, volumeId: id, ...keyed }], within());
  say({ must: { snapshot: snapshotId, holds: first, encrypted } });
  say({ may: { volume: id, holds: first + 1 } });
  await guest.write(0, filled(first + 1));
  say({ must: { volume: id, holds: first + 1, encrypted } });
  await backend.ensureSize({ id, generation: 2, sizeBytes: 16 * MEBIBYTE, ...keyed }, within());
  await backend.ensureNoExport(attachmentId, 2, within());
  await backend.ensureSnapshots([{ id: newId(), generation: 1, volumeId: id, ...keyed }], within());
}

for (let round = 0; ; round += 1) {
  say({ round });
  // Keys take seconds to stretch; every fifth life is an encrypted one.
  await live(round, round % 5 === 4);
}
