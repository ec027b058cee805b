import { spawn } from 'node:child_process';
import type { Cloud } from '../cloud.js';
import { processManager } from '../process-manager.js';

/** `npm run logs [NAME …]`: follows the logs of all processes or of those named, until Ctrl-C. */
export async function logs(cloud: Cloud, args: string[]): Promise<number> {
  const wanted = args.filter((argument, index) => !argument.startsWith('--') && args[index - 1] !== '--config');
  const keeper = processManager(cloud);
  const known = (await keeper.records()).map(({ spec }) => spec.name);
  const names = wanted.map((name) => (known.includes(`virga-${name}`) ? `virga-${name}` : name));
  const [program = '', ...rest] = keeper.logCommand(names);
  const follower = spawn(program, rest, { stdio: 'inherit' });
  return new Promise((resolve) => follower.on('exit', () => resolve(0)));
}
