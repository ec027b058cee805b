import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { newId, systemClock, type SnapshotId, type VolumeId } from '@virga/kernel';
import type { VolumeBlock, VolumeKey } from '@virga/ports';
import { VolumeRbdBackend } from '../volume-rbd-backend.js';
import { CephGuests } from './ceph-guests.js';

/**
 * A process that does with a pool whatever can be done, until somebody kills it: a line on standard output before and after each step
 * says what must be true. Takes one argument, JSON: `access`, `directory`, `runDirectory`, `secret` (hex) and the `seed` of its content.
 */
const { access, directory, runDirectory, secret: secretHex, seed } = JSON.parse(process.argv[2] ?? '') as {
  access: { confFile: string; user: string; pool: string }; directory: string; runDirectory: string; secret: string; seed: number;
};
const MEBIBYTE = 1024 * 1024;
const KEY: VolumeKey = { id: 'a-key', passphrase: 'kept by the test' };
const secret = Buffer.from(secretHex, 'hex');

const within = (): AbortSignal => AbortSignal.timeout(120_000);
const say = (fact: Record<string, unknown>): void => { process.stdout.write(`${JSON.stringify(fact)}\n`); };
const filled = (value: number): Buffer => Buffer.alloc(65_536, value);

const backend = await VolumeRbdBackend.open({ access, owner: 'here', directory, runDirectory, credentialsSecret: secret, clock: systemClock }, within());
// Nobody ends them: what they leave goes with what is around the store.
const guests = await CephGuests.of(secret, 'here', dirname(directory));

/** One volume's life; what it holds at each moment is said before it is durable (`may`) and after (`must`). */
class Life {
  readonly id = newId<'volume'>();
  readonly snapshotId = newId<'snapshot'>();
  private readonly keyed: { key?: VolumeKey };
  private generation = 1;

  constructor(private readonly first: number, private readonly encrypted: boolean) {
    this.keyed = encrypted ? { key: KEY } : {};
  }

  async live(): Promise<void> {
    await this.begin();
    await this.write(this.first + 1);
    await this.snapshot(this.snapshotId, this.first + 1);
    await this.serve();
    const clone = await this.clone();
    await this.revert();
    await this.endVolume(this.id);
    await this.endSnapshot(this.snapshotId);
    await this.endVolume(clone);
    await backend.tend(within());
  }

  private async begin(): Promise<void> {
    say({ may: { volume: this.id, holds: this.first, encrypted: this.encrypted } });
    await backend.ensureVolume({
      id: this.id, generation: this.generation, sizeBytes: 4 * MEBIBYTE, ...this.keyed,
      source: { kind: 'image', format: 'raw', sizeBytes: 65_536, open: async () => Readable.from([filled(this.first)]) },
    }, within());
    this.must(this.id, this.first);
  }

  private async write(value: number): Promise<void> {
    // It may be half written, and is for whoever asked to write again.
    say({ may: { volume: this.id, holds: 'anything' } });
    async function* blocks(): AsyncGenerator<VolumeBlock> { yield { offset: 0, bytes: filled(value) }; }
    await backend.write({ id: this.id, generation: this.next(), ...this.keyed }, blocks(), within());
    this.must(this.id, value);
  }

  private async snapshot(id: SnapshotId, value: number): Promise<void> {
    say({ may: { snapshot: id, holds: value, encrypted: this.encrypted } });
    await backend.ensureSnapshots([{ id, generation: 1, volumeId: this.id, ...this.keyed }], within());
    say({ must: { snapshot: id, holds: value, encrypted: this.encrypted } });
  }

  /** A guest writes, the volume grows and is snapshotted under it, and it is cut off. */
  private async serve(): Promise<void> {
    const attachmentId = newId<'attachment'>();
    const address = await backend.ensureExport({ attachmentId, generation: 1, volumeId: this.id, host: 'here', isReadOnly: false, isShared: false, ...this.keyed }, within());
    const guest = guests.connect(address);
    await guest.read(0, 512);
    const value = this.first + 2;
    say({ may: { volume: this.id, holds: 'anything' } });
    await guest.write(0, filled(value));
    this.must(this.id, value);
    await this.snapshot(newId(), value);
    await backend.ensureSize({ id: this.id, generation: this.next(), sizeBytes: 8 * MEBIBYTE, ...this.keyed }, within());
    await backend.ensureNoExport(attachmentId, 2, within());
  }

  private async clone(): Promise<VolumeId> {
    const id = newId<'volume'>();
    const holds = this.first + 2;
    say({ may: { volume: id, holds, encrypted: this.encrypted } });
    await backend.ensureVolume({ id, generation: 1, sizeBytes: 16 * MEBIBYTE, source: { kind: 'volume', volumeId: this.id }, ...this.keyed }, within());
    this.must(id, holds);
    await backend.ensureSize({ id, generation: 2, sizeBytes: 20 * MEBIBYTE, ...this.keyed }, within());
    return id;
  }

  private async revert(): Promise<void> {
    const holds = this.first + 1;
    say({ may: { volume: this.id, holds } });
    await backend.ensureReverted({ id: this.id, generation: this.next(), snapshotId: this.snapshotId, ...this.keyed }, within());
    this.must(this.id, holds);
  }

  private async endVolume(id: VolumeId): Promise<void> {
    say({ may: { volume: id, holds: 'nothing' } });
    await backend.ensureNoVolume(id, 99, within());
    say({ must: { volume: id, holds: 'nothing' } });
  }

  private async endSnapshot(id: SnapshotId): Promise<void> {
    say({ may: { snapshot: id, holds: 'nothing' } });
    await backend.ensureNoSnapshot(id, 99, within());
    say({ must: { snapshot: id, holds: 'nothing' } });
  }

  private must(volume: VolumeId, holds: number): void {
    say({ must: { volume, holds, encrypted: this.encrypted } });
  }

  private next(): number {
    return ++this.generation;
  }
}

async function lives(line: number): Promise<never> {
  for (let round = line; ; round += 2) {
    say({ round });
    // Encrypting takes a processor a second at least.
    await new Life((seed + round * 3) % 200 + 1, round % 3 === 2).live();
  }
}

await Promise.all([lives(0), lives(1)]);
