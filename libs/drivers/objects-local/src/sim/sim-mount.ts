import type { Disk, FileLook, InputFile, OutputFile } from '../disk.js';

/** A disk as one process has it: dead to it once `requireAlive` throws. */
export class SimMount implements Disk {
  constructor(private readonly disk: Disk, private readonly requireAlive: () => void) {}

  async create(path: string, options: { isDurable: boolean }): Promise<OutputFile> {
    this.requireAlive();
    return this.disk.create(path, options);
  }

  async open(path: string): Promise<InputFile> {
    this.requireAlive();
    return this.disk.open(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.requireAlive();
    await this.disk.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    this.requireAlive();
    await this.disk.remove(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.requireAlive();
    await this.disk.makeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.requireAlive();
    await this.disk.syncDirectory(path);
  }

  async* names(path: string): AsyncIterable<string> {
    this.requireAlive();
    yield* this.disk.names(path);
  }

  async look(path: string): Promise<FileLook | undefined> {
    this.requireAlive();
    return this.disk.look(path);
  }
}
