import { spawn } from 'node:child_process';

/** Runs a program without a terminal and answers its exit code and all it printed; -1 where it cannot be run. */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { output += text; });
    child.on('error', (error) => resolve({ code: -1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? -1, output }));
  });
}

/** The last lines of a long output, which is where programs say why they failed. */
export const tail = (output, lines = 12) => output.trim().split('\n').slice(-lines).join('\n');
