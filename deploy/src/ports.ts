import { createServer } from 'node:net';
import { StepFailed } from '../steps.mjs';
import type { ProcessSpec } from './process-spec.js';
import { attempt } from './run.js';

/** Fails where somebody else listens already on a port that one of these processes is going to use, and says who. */
export async function requireFreePorts(specs: ProcessSpec[]): Promise<void> {
  const wanted = specs.flatMap((spec) => spec.listens.map((listen) => ({ ...listen, for: spec.name })));
  const taken: string[] = [];
  for (const { host, port, for: name } of wanted) {
    if (!(await isFree(host, port))) taken.push(`port ${port} on ${host}, which ${name} needs, is taken by ${await holderOf(port)}`);
  }
  if (taken.length === 0) return;
  throw new StepFailed(taken.join('\n'), 'End that process, or choose another port in virga.yaml (ports, enginePorts), then repeat.');
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who listens on a TCP port of this machine, in words; in another namespace it cannot be seen. */
export async function holderOf(port: number): Promise<string> {
  const { output } = await attempt(['ss', '-ltnpH', `sport = :${port}`]);
  const holder = /users:\(\("([^"]+)",pid=(\d+)/.exec(output);
  return holder === null ? 'a process that cannot be seen from here' : `${holder[1]} (process ${holder[2]})`;
}
