import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Cloud } from './cloud.js';
import { waitUntil } from './wait.js';

/**
 * Ends processes that our processes left behind: proxies and storage daemons that an agent put into the background, a
 * guest whose libvirtd could not be asked. They are known by naming this cloud's state directory in their arguments or by working in it.
 */
export async function endLeftovers(cloud: Cloud): Promise<string> {
  const { state } = cloud.directories;
  const leftovers = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid && belongsTo(pid, state));
  const doomed = leftovers();
  const signal = (name: NodeJS.Signals) => { for (const pid of leftovers()) process.kill(pid, name); };
  signal('SIGTERM');
  await waitUntil('they are gone', 5, async () => leftovers().length === 0).catch(() => signal('SIGKILL'));
  return doomed.length === 0 ? 'nothing' : `${doomed.length} processes ended`;
}

const PROGRAMS = /^(haproxy|qemu-system-\w+|qemu-storage-daemon|qemu-img)$/;

/** Only programs that our agent puts into the background; a person's editor or pager on a file of ours is left alone. */
function belongsTo(pid: number, state: string): boolean {
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const isOurs = args.some((argument) => argument.includes(`${state}/`)) || readlinkSync(`/proc/${pid}/cwd`).startsWith(`${state}/`);
    return isOurs && PROGRAMS.test(program.split('/').at(-1) ?? '');
  } catch {
    return false; // it ended while we looked
  }
}
