import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StepFailed } from '../../steps.mjs';
import type { Cloud } from '../cloud.js';
import { answers } from '../probe.js';
import { waitUntil } from '../wait.js';
import { openLog } from './log-file.js';
import type { SupervisorReply, SupervisorRequest } from './protocol.js';

/** Whether a supervisor of this cloud runs. */
export const hasSupervisor = (cloud: Cloud) => answers({ kind: 'socket', path: cloud.controlSocket });

/** Starts the supervisor unless one runs; it stays when we end. */
export async function ensureSupervisor(cloud: Cloud): Promise<void> {
  if (await hasSupervisor(cloud)) return;
  const { run, log } = cloud.directories;
  const output = openLog(join(log, 'supervisor.log'));
  const program = join(import.meta.dirname, 'main.js');
  const flags = ['--max-semi-space-size=1', '--max-old-space-size=64'];
  const child = spawn(process.execPath, [...flags, program, cloud.controlSocket, join(run, 'processes.json'), log], {
    detached: true, cwd: '/', stdio: ['ignore', output, output], env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', MALLOC_ARENA_MAX: '2' },
  });
  closeSync(output);
  child.unref();
  await waitUntil('the supervisor answers', 15, () => hasSupervisor(cloud), `${join(log, 'supervisor.log')} says why.`);
}

/** Asks the running supervisor; throws where there is none. */
export function ask(cloud: Cloud, request: SupervisorRequest): Promise<SupervisorReply> {
  return new Promise((resolve, reject) => {
    const socket = connect(cloud.controlSocket, () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('error', reject).on('close', () => reject(new StepFailed('The supervisor ended without an answer.', 'npm start starts it again.')));
    createInterface({ input: socket }).once('line', (line) => {
      const reply = JSON.parse(line) as SupervisorReply;
      if (reply.error === undefined) resolve(reply);
      else reject(new StepFailed(`The supervisor says: ${reply.error}`, `${join(cloud.directories.log, 'supervisor.log')} may say more.`));
      socket.destroy();
    });
  });
}
