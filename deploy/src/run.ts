import { spawn } from 'node:child_process';
import { StepFailed } from '../steps.mjs';

export interface RunOptions {
  /** Run as this system user instead of root. */
  as?: string;
  /** Written to the program's standard input: the place for secrets, which must not be arguments. */
  input?: string;
  environment?: Record<string, string>;
  timeoutMs?: number;
}

export interface Ran {
  code: number;
  output: string;
  errors: string;
}

/** Puts a program under another user; it keeps the process id, and gains no privilege later. */
export const asUser = (user: string, argv: string[]) => ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--', ...argv];

/** Runs a program to its end and answers whatever it said; code -1 where it could not be run or took too long. */
export function attempt(argv: string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...args] = options.as === undefined ? argv : asUser(options.as, argv);
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.environment }, cwd: '/',
      timeout: options.timeoutMs ?? 60_000, stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ran: Ran = { code: -1, output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => { ran.output += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { ran.errors += text; });
    child.on('error', (error) => resolve({ ...ran, errors: error.message }));
    child.on('close', (code) => resolve({ ...ran, code: code ?? -1 }));
    child.stdin.on('error', () => undefined); // it may end without reading; its exit code tells
    child.stdin.end(options.input ?? '');
  });
}

/** The same, for a program that must succeed: answers its output, trimmed. */
export async function run(argv: string[], options: RunOptions = {}): Promise<string> {
  const { code, output, errors } = await attempt(argv, options);
  if (code === 0) return output.trim();
  const why = (errors || output).trim().split('\n').slice(-12).join('\n');
  throw new StepFailed(`${argv.slice(0, 3).join(' ')} … ended with ${code}:\n${why}`, 'The lines above are the program\'s own; correct what they name, then repeat.');
}
