#!/usr/bin/env node
// Stops the PostgreSQL and RabbitMQ that tests of this checkout started and left running for the next run.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const checkout = join(import.meta.dirname, '..', '..');
const tag = createHash('sha256').update(checkout).digest('hex').slice(0, 8);

for (const state of [join(checkout, '.state', 'test'), `/var/tmp/virga-test-${tag}`]) {
  stopPostgres(join(state, 'postgres', 'data', 'postmaster.pid'));
  stopRabbit(join(state, 'rabbitmq', 'node.json'));
}

function stopPostgres(file) {
  if (existsSync(file)) end(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGINT');
}

function stopRabbit(file) {
  if (!existsSync(file)) return;
  const { processId, portMapperProcessId } = JSON.parse(readFileSync(file, 'utf8'));
  end(processId, 'SIGKILL');
  end(portMapperProcessId, 'SIGKILL');
  rmSync(file);
}

function end(processId, signal) {
  if (!isAlive(processId)) return;
  process.kill(processId, signal);
  while (isAlive(processId)) execFileSync('sleep', ['0.1']);
}

/** One that has ended but was never waited for (in a container without an init) does not count. */
function isAlive(processId) {
  const file = `/proc/${processId}/stat`;
  return existsSync(file) && !/\) [ZX] /.test(readFileSync(file, 'utf8'));
}
