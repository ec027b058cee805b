import { execFile } from 'node:child_process';

export interface Finished {
  code: number;
  output: string;
  errors: string;
}

/** Runs a program to its end; a non-zero code is an answer, not an error. */
export function attempt(command: string, args: readonly string[], options: { env?: Record<string, string>; timeoutMs?: number; input?: string } = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { env: { ...process.env, ...options.env }, timeout: options.timeoutMs ?? 120_000, maxBuffer: 16 * 2 ** 20 }, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output, errors });
    });
    // A program that does not read what it is given may be gone before it is written.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** The same for a program that must succeed; throws with what it said. */
export async function run(command: string, args: readonly string[], options: Parameters<typeof attempt>[2] = {}): Promise<string> {
  const { code, output, errors } = await attempt(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${errors}${output}`);
  return output;
}

/**
 * Looks again and again until `look` answers something, and answers that.
 * Fails with what `look` saw last: it says so by throwing.
 */
export async function eventually<T>(what: string, withinSeconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinSeconds * 1000;
  for (let last = 'nothing'; ;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = (error as Error).message;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinSeconds} s; last: ${last}`);
    await new Promise<void>((resolve) => { setTimeout(resolve, 500); });
  }
}
