/**
 * The little that the store needs of a file system, so that the same store runs on a real one and on one whose power can be
 * cut (`sim/`). Paths are relative to the store's directory. Errors carry Node's `code`.
 */
export interface Disk {
  /** A new file, open for writing; fails with EEXIST. `isDurable` means that each `write` is on the medium when it resolves. */
  create(path: string, options: { isDurable: boolean }): Promise<OutputFile>;
  open(path: string): Promise<InputFile>;
  rename(from: string, to: string): Promise<void>;
  /** Already gone is success. */
  remove(path: string): Promise<void>;
  /** With its parents. */
  makeDirectory(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** Nothing where there is no such directory. */
  names(path: string): AsyncIterable<string>;
  /** Undefined where there is no such file. */
  look(path: string): Promise<FileLook | undefined>;
}

export interface FileLook {
  sizeBytes: number;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  isReadOnly: boolean;
}

/** A file that is written once, from its beginning to its end. */
export interface OutputFile {
  /** Appends all of the buffers. */
  write(buffers: Buffer[]): Promise<void>;
  sync(): Promise<void>;
  /** Cuts off what follows the first `sizeBytes`. */
  cut(sizeBytes: number): Promise<void>;
  makeReadOnly(): Promise<void>;
  close(): Promise<void>;
}

export interface InputFile {
  readonly sizeBytes: number;
  /** Fills `into` from `position` on; the count is short only at the end of the file. */
  read(into: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
