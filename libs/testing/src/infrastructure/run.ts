import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/** Whom a program runs as. */
export interface Account {
  uid: number;
  gid: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  as?: Account | undefined;
  cwd?: string;
}

/** Runs a program to its end and answers what it printed; a failure carries its last words. */
export async function run(program: string, args: readonly string[], { env, as, cwd }: RunOptions = {}): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, ...as, ...(cwd && { cwd }) });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${output.slice(-2000)}`);
  return output;
}

/** The account of a daemon's own user where we are root; undefined means: as ourselves. */
export function daemonAccount(user: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':')).find(([name]) => name === user);
  if (entry === undefined) throw new Error(`There is no user ${user} on this machine.`);
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** A TCP port of the loopback interface that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
