import type { ProcessRecord } from './supervisor/managed-process.js';
import { commandOf, proportionalMemory, tree } from './supervisor/proc.js';

const MEBIBYTE = 1024 * 1024;

/** MiB of each process with all its descendants (by name) and of all together; shared pages count in parts. */
export function memoryOf(records: ProcessRecord[]): { of: Map<string, number>; total: number } {
  const bytes = records.map(({ spec, process }) => [spec.name, process === undefined ? 0 : memoryOfTree(process.pid)] as const);
  return {
    of: new Map(bytes.map(([name, size]) => [name, Math.round(size / MEBIBYTE)])),
    total: Math.round(bytes.reduce((sum, [, size]) => sum + size, 0) / MEBIBYTE),
  };
}

/** Bytes of a process and its descendants, without guests, which belong to their owners. */
export const memoryOfTree = (pid: number) => tree(pid).filter((each) => !commandOf(each).startsWith('qemu-system')).reduce((sum, each) => sum + proportionalMemory(each), 0);
