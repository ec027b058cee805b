import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../../steps.mjs';
import type { Cloud } from '../cloud.js';

/** `npm run logs [NAME …]`: follows the logs of all processes or of those named, until Ctrl-C. */
export async function logs(cloud: Cloud, args: string[]): Promise<number> {
  const { log } = cloud.directories;
  const known = readdirSync(log).filter((file) => file.endsWith('.log')).map((file) => file.slice(0, -'.log'.length));
  const wanted = args.filter((argument, index) => !argument.startsWith('--') && args[index - 1] !== '--config');
  const unknown = wanted.filter((name) => !known.includes(name) && !known.includes(`virga-${name}`));
  if (unknown.length > 0) throw new StepFailed(`There is no log of ${unknown.join(', ')}.`, `Logs exist of: ${known.join(', ')}`);
  const names = wanted.length === 0 ? known : wanted.map((name) => (known.includes(name) ? name : `virga-${name}`));
  const tail = spawn('tail', ['-n', wanted.length === 0 ? '5' : '50', '-F', ...names.map((name) => join(log, `${name}.log`))], { stdio: 'inherit' });
  return new Promise((resolve) => tail.on('exit', () => resolve(0)));
}
