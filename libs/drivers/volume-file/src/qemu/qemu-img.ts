import { spawn } from 'node:child_process';
import { DriverUnavailable } from '@virga/ports';
import { endProcesses } from './leftovers.js';

/** The secret object's id in every command of ours. */
export const SECRET_ID = 'key';

/** What we give a child as standard input is a socket, which QEMU cannot open by name; a shell's pipe it can. */
export const BEHIND_PIPE = ['sh', '-c', 'cat | "$@"', 'sh'];
/**
 * Before it stretches a key, QEMU measures how fast it does, and gives up where the kernel's count of a thread's time has
 * not moved meanwhile. That is a matter of luck, and of nothing that a caller could change.
 */
const COARSE_CLOCK = 'Unable to get accurate CPU usage';
const CLOCK_RETRIES = 10;
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** A key that a command line tool reads from its standard input; nothing of it stands in its arguments or environment. */
export interface ToolOptions {
  passphrase?: string | undefined;
  /** Resources that a hostile image could make the tool use without end, in bytes and processor seconds. */
  limits?: { memoryBytes: number; cpuSeconds: number };
}

/** Runs `qemu-img` and answers what it prints; `DriverUnavailable` with its own words where it fails. An abort kills it. */
export async function qemuImg([subcommand = '', ...args]: string[], signal: AbortSignal, options: ToolOptions = {}): Promise<string> {
  const command = commandLine(subcommand, args, options);
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    const { code, output, complaint } = await run(command, options.passphrase ?? '', signal);
    if (code === 0) return output;
    if (attempt < CLOCK_RETRIES && complaint.includes(COARSE_CLOCK)) continue;
    signal.throwIfAborted();
    throw new DriverUnavailable('volume', { cause: new Error(`qemu-img ${subcommand} ended with ${code}: ${complaint.trim()}`) });
  }
}

/** No tool that a dead process of ours had started works on files of this directory any more: it would hold their locks, or make one anew. */
export function endLeftoverTools(directory: string): Promise<void> {
  return endProcesses((args) => args.includes('qemu-img') && args.some((arg) => arg.includes(`${directory}/`)));
}

function commandLine(subcommand: string, args: string[], { passphrase, limits }: ToolOptions): string[] {
  const secret = passphrase === undefined ? [] : ['--object', `secret,id=${SECRET_ID},file=/dev/stdin`];
  const limiter = limits === undefined ? [] : ['prlimit', `--as=${limits.memoryBytes}`, `--cpu=${limits.cpuSeconds}`, '--'];
  return [...(passphrase === undefined ? [] : BEHIND_PIPE), ...limiter, 'qemu-img', subcommand, ...secret, ...args];
}

function run([program = '', ...args]: string[], input: string, signal: AbortSignal): Promise<{ code: number | null; output: string; complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const kill = (): void => endGroup(child.pid);
    const output: Buffer[] = [];
    let outputBytes = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      outputBytes += chunk.length;
      if (outputBytes > OUTPUT_LIMIT) return kill();
      output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2_000); });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    signal.addEventListener('abort', kill, { once: true });
    child.on('error', (error) => reject(new DriverUnavailable('volume', { cause: error })));
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      resolve({ code, output: Buffer.concat(output).toString('utf8'), complaint });
    });
  });
}

/** The shell and what it started. */
export function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
