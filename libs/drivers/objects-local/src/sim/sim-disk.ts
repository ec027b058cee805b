import { basename, dirname } from 'node:path/posix';
import type { Clock } from '@virga/kernel';
import type { Disk, FileLook, InputFile, OutputFile } from '../disk.js';
import { SimFile, SimInput, SimOutput, type SimMedium } from './sim-file.js';
import { SimMount } from './sim-mount.js';

/** A change of names that is not durable yet. */
interface Renaming {
  directory: string;
  apply(names: Map<string, SimFile>): void;
}

/**
 * A disk in memory whose power can be cut, which can be full, and which fails on demand. After a cut every process of before is dead to
 * it: calls that were under way fail, and so do those that come through what was opened before. Names that were not
 * synced are kept or lost by chance, each for itself; `SimFile` says the same of bytes. Directories themselves are always durable.
 */
export class SimDisk implements Disk {
  private files = new Map<string, SimFile>();
  private durable = new Map<string, SimFile>();
  private pending: Renaming[] = [];
  private readonly directories = new Set<string>(['.']);
  private failures: (string | undefined)[] = [];
  private event: (() => void) | undefined;
  private epoch = 0;
  private openCount = 0;
  /** How many calls have been answered. */
  accesses = 0;
  /** How many files may be open at once. */
  maxOpenFiles = Infinity;
  capacityBytes = Infinity;

  constructor(private readonly clock: Clock, private readonly random: () => number = Math.random) {}

  /** The disk as a process has it until the power goes. */
  mount(): Disk {
    const { epoch } = this;
    return new SimMount(this, () => this.requirePower(epoch));
  }

  /** `times` accesses end with this error: the next, or those after `skip` that go well. */
  fail(code: string, times = 1, skip = 0): void {
    this.failures.push(...Array.from({ length: skip }, () => undefined), ...Array.from({ length: times }, () => code));
  }

  /** No more failures. */
  calm(): void {
    this.failures = [];
  }

  /** Calls `event` in the middle of the next access. */
  beforeNextAccess(event: () => void): void {
    this.event = event;
  }

  get openFiles(): number {
    return this.openCount;
  }

  /** Everything that is not synced is at the mercy of chance; what holds on to this disk has to be made anew. */
  cutPower(): void {
    this.epoch += 1;
    this.openCount = 0;
    this.calm();
    for (const renaming of this.pending) if (this.random() < 0.5) renaming.apply(this.durable);
    this.pending = [];
    this.files = new Map(this.durable);
    for (const file of new Set(this.files.values())) file.losePower(this.random);
  }

  /** Changes one byte of the file that holds it, as a bad medium would. */
  rot(path: string, position: number): void {
    const { bytes } = this.found(path);
    bytes.writeUInt8(bytes.readUInt8(position) ^ 0x40, position);
  }

  /** What a reader would see, without asking the disk. */
  contentOf(path: string): Buffer {
    return this.found(path).bytes;
  }

  async create(path: string, { isDurable }: { isDurable: boolean }): Promise<OutputFile> {
    const medium = await this.opened();
    if (this.files.has(path)) throw failure('EEXIST', path);
    if (!this.directories.has(dirname(path))) throw failure('ENOENT', path);
    const file = new SimFile();
    file.modifiedAt = this.clock.now();
    this.change({ directory: dirname(path), apply: (names) => names.set(path, file) });
    return new SimOutput(file, medium, isDurable);
  }

  async open(path: string): Promise<InputFile> {
    const medium = await this.opened();
    const file = this.files.get(path);
    if (file === undefined) {
      medium.released();
      throw failure('ENOENT', path);
    }
    return new SimInput(file, medium);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.access(this.epoch);
    const file = this.found(from);
    this.change({ directory: dirname(to), apply: (names) => { names.delete(from); names.set(to, file); } });
  }

  async remove(path: string): Promise<void> {
    await this.access(this.epoch);
    this.change({ directory: dirname(path), apply: (names) => names.delete(path) });
  }

  async makeDirectory(path: string): Promise<void> {
    await this.access(this.epoch);
    this.directories.add(path);
  }

  async syncDirectory(path: string): Promise<void> {
    await this.access(this.epoch);
    for (const renaming of this.pending) if (renaming.directory === path) renaming.apply(this.durable);
    this.pending = this.pending.filter(({ directory }) => directory !== path);
  }

  async* names(path: string): AsyncIterable<string> {
    await this.access(this.epoch);
    for (const name of [...this.directories, ...this.files.keys()]) {
      if (name !== '.' && dirname(name) === path) yield basename(name);
    }
  }

  async look(path: string): Promise<FileLook | undefined> {
    await this.access(this.epoch);
    const file = this.files.get(path);
    return file && { sizeBytes: file.bytes.length, modifiedAt: file.modifiedAt, isReadOnly: file.isReadOnly };
  }

  private async opened(): Promise<SimMedium> {
    const { epoch } = this;
    await this.access(epoch);
    if (this.openCount >= this.maxOpenFiles) throw failure('EMFILE', 'open');
    this.openCount += 1;
    return {
      access: () => this.access(epoch),
      roomFor: (count) => (epoch === this.epoch ? Math.max(0, Math.min(count, this.capacityBytes - this.usedBytes())) : 0),
      now: () => this.clock.now(),
      released: () => { if (epoch === this.epoch) this.openCount -= 1; },
    };
  }

  private async access(epoch: number): Promise<void> {
    this.accesses += 1;
    await new Promise((resolve) => setImmediate(resolve));
    const { event } = this;
    this.event = undefined;
    event?.();
    this.requirePower(epoch);
    const code = this.failures.shift();
    if (code !== undefined) throw failure(code, 'on demand');
  }

  private requirePower(epoch: number): void {
    if (epoch !== this.epoch) throw failure('ENODEV', 'the power went');
  }

  private change(renaming: Renaming): void {
    renaming.apply(this.files);
    this.pending.push(renaming);
  }

  private found(path: string): SimFile {
    const file = this.files.get(path);
    if (file === undefined) throw failure('ENOENT', path);
    return file;
  }

  private usedBytes(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
