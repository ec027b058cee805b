import { readdirSync, readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number: Linux counts when each began. */
export interface ProcessId {
  pid: number;
  /** Clock ticks after boot, field 22 of /proc/PID/stat. */
  startedAt: string;
}

/** Identifies a living process; undefined where there is none with this number, or only its unreaped remains. */
export function identify(pid: number): ProcessId | undefined {
  const fields = statOf(pid);
  return fields === undefined || fields.state === 'Z' ? undefined : { pid, startedAt: fields.startedAt };
}

export const isAlive = (process: ProcessId) => identify(process.pid)?.startedAt === process.startedAt;

/** Every process below one, itself included. */
export function tree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Memory in bytes, where pages shared by several processes count in parts (PSS); 0 where it cannot be read. */
export function proportionalMemory(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** The first 15 characters of a process's program; empty where it has ended. */
export const commandOf = (pid: number) => (read(`/proc/${pid}/comm`) ?? '').trim();

// The second field is the program's name in parentheses and may itself hold spaces and parentheses.
function statOf(pid: number): { state: string; parent: number; startedAt: string } | undefined {
  const text = read(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields ?? [];
  const startedAt = fields?.[19];
  return state === undefined || startedAt === undefined ? undefined : { state, parent: Number(parent), startedAt };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // it ended between our looking and reading
  }
}
