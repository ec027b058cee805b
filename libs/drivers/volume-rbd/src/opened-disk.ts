import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { newHexId } from '@virga/kernel';
import { BEHIND_PIPE, endGroup, endProcesses, NbdClient, unavailable } from '@virga/driver-volume-file/disks';

/** What QEMU is told of a disk: always with its format, which is never guessed. */
export type BlockNode = { [option: string]: string | boolean | BlockNode | BlockNode[] };

export interface OpenedDisk {
  client: NbdClient;
  /** Resolves when the image has been let go of. */
  close: () => Promise<void>;
}

export interface OpenOptions {
  isWritable: boolean;
  /** Where its socket is; by this a later process finds those that a dead one left. */
  runDirectory: string;
  /** `--object …` of what opens the disk, which may read `input` from the standard input. */
  secrets?: string[];
  input?: string;
}

/** Opening an image of a busy cluster takes its time; one that is not open by then is not opened. */
const OPEN_WITHIN_MS = 30_000;
const CLOSE_WITHIN_MS = 20_000;

/** Opens a disk for us alone, by a `qemu-nbd` that ends with our connection to it; `DriverUnavailable` with its words where it cannot. */
export async function openDisk(node: BlockNode, { isWritable, runDirectory, secrets = [], input = '' }: OpenOptions, signal: AbortSignal): Promise<OpenedDisk> {
  const socketPath = join(runDirectory, newHexId().slice(0, 16));
  const command = ['qemu-nbd', ...secrets, '--socket', socketPath, ...(isWritable ? [] : ['--read-only']), '--discard=unmap', `json:${JSON.stringify(node)}`];
  const served = serve(input === '' ? command : [...BEHIND_PIPE, ...command], input);
  try {
    const client = await connected(socketPath, served, signal);
    let closing: Promise<void> | undefined;
    return { client, close: () => closing ??= Promise.resolve(client.close()).then(() => ended(served)) };
  } catch (error) {
    endGroup(served.child.pid);
    throw signal.aborted ? signal.reason : error;
  } finally {
    await rm(socketPath, { force: true });
  }
}

/** Ends what a dead process of ours had opened. */
export function endOpenedDisks(runDirectory: string): Promise<void> {
  return endProcesses((args) => args.includes('qemu-nbd') && args.some((arg) => arg.startsWith(`${runDirectory}/`)));
}

interface Served {
  child: ChildProcess;
  ended: Promise<unknown>;
  complaint(): string;
}

/** In a group of its own, so that it can be ended together with its shell. */
function serve([program = '', ...args]: string[], input: string): Served {
  const child = spawn(program, args, { cwd: '/', stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2_000); });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return { child, ended: once(child, 'close').catch(() => undefined), complaint: () => complaint };
}

/** Its socket is there as soon as the disk is open. */
async function connected(socketPath: string, served: Served, signal: AbortSignal): Promise<NbdClient> {
  let hasEnded = false;
  void served.ended.then(() => { hasEnded = true; });
  for (const patience = AbortSignal.timeout(OPEN_WITHIN_MS); !patience.aborted; await pause(10)) {
    const client = await NbdClient.connect(socketPath, '', signal).catch(() => undefined);
    if (client) return client;
    if (hasEnded) throw unavailable(`qemu-nbd ended: ${served.complaint().trim()}`);
    signal.throwIfAborted();
  }
  throw unavailable(`the image was not opened within ${OPEN_WITHIN_MS / 1000} s`);
}

/** It ends by itself when its last client has gone, and then lets go of the image; whatever does not is killed. */
async function ended({ child, ended: hasEnded }: Served): Promise<void> {
  const giveUp = setTimeout(() => endGroup(child.pid), CLOSE_WITHIN_MS);
  await hasEnded;
  clearTimeout(giveUp);
}
