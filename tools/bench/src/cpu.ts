import { readdirSync, readFileSync } from 'node:fs';
import type { CloudProcess } from './cloud.js';

const TICKS_PER_SECOND = 100;

interface Stat {
  parent: number;
  ticks: number;
}

/** Processor seconds used so far, by process name; those of a process's children are its own (PostgreSQL's backends). */
export function cpuSeconds(processes: readonly CloudProcess[]): Map<string, number> {
  const stats = new Map(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name): [number, Stat][] => {
    const stat = readStat(Number(name));
    return stat === undefined ? [] : [[Number(name), stat]];
  }));
  const owners = new Map(processes.map(({ pid, name }) => [pid, name]));
  const seconds = new Map<string, number>(processes.map(({ name }) => [name, 0]));
  for (const [pid, { ticks }] of stats) {
    const owner = ownerOf(pid, owners, stats);
    if (owner !== undefined) seconds.set(owner, (seconds.get(owner) ?? 0) + ticks / TICKS_PER_SECOND);
  }
  return seconds;
}

function ownerOf(pid: number, owners: ReadonlyMap<number, string>, stats: ReadonlyMap<number, Stat>): string | undefined {
  for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) {
    const owner = owners.get(at);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** proc(5): fields 4 (parent), 14 to 17 (ticks in user and kernel mode, own and of children that were waited for). */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number);
    return { parent: fields[1] ?? 0, ticks: [11, 12, 13, 14].reduce((sum, index) => sum + (fields[index] ?? 0), 0) };
  } catch {
    return undefined;
  }
}

/** What was used between two looks, in seconds, and who used most. */
export function cpuBetween(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): { total: number; by: Record<string, number> } {
  const used = [...after].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)] as const);
  return { total: used.reduce((sum, [, seconds]) => sum + seconds, 0), by: Object.fromEntries(used.filter(([, seconds]) => seconds > 0.005)) };
}
