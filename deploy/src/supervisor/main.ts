import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Supervisor } from './supervisor.js';
import type { SupervisorReply, SupervisorRequest } from './protocol.js';

// Started by ./client.ts as: node main.js CONTROL_SOCKET STATE_FILE LOG_DIRECTORY. It imports nothing but Node's own
// modules: it lives as long as the cloud, and each package it loaded would stay in memory for that long.
const [controlSocket = '', stateFile = '', logDirectory = ''] = process.argv.slice(2);
const supervisor = new Supervisor(stateFile, logDirectory);
const ending = new AbortController();

async function answer(request: SupervisorRequest): Promise<SupervisorReply> {
  switch (request.do) {
    case 'ensure': return { changed: await supervisor.ensure(request.specs) };
    case 'stop': return { changed: await supervisor.stopFrom(request.fromRank) };
    case 'restart': return { changed: await supervisor.restart(request.name) };
    case 'list': return { records: supervisor.records(), supervisor: { pid: process.pid } };
    case 'exit': return {};
  }
}

function serve(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).once('line', (line) => {
    const request = JSON.parse(line) as SupervisorRequest;
    void answer(request)
      .catch((error: unknown): SupervisorReply => ({ error: String(error) }))
      .then((reply) => socket.end(`${JSON.stringify(reply)}\n`, () => { if (request.do === 'exit') end(); }));
  });
}

/** Ends the supervisor alone: what it runs lives on, and the next supervisor takes it over. */
function end(): void {
  ending.abort();
  rmSync(controlSocket, { force: true });
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
process.on('SIGHUP', () => undefined);
rmSync(controlSocket, { force: true });
supervisor.resume();
createServer(serve).listen(controlSocket);
await supervisor.keepLogsSmall(ending.signal);
