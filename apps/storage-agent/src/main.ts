import { readFile } from 'node:fs/promises';
import { loadConfig, type ConfigOf } from '@virga/config';
import { VolumeFileBackend, type GateOptions } from '@virga/driver-volume-file';
import { minutes, systemClock } from '@virga/kernel';
import { runAgent } from './run-agent.js';

type Settings = ConfigOf<'storage-agent'>['agent'];

/** Bringing back the exports of many volumes after the machine started takes its time. */
const OPEN_WITHIN = minutes(10);

const config = loadConfig('storage-agent');
const { agent } = config;

await runAgent(config, async (logger) => {
  const groupId = agent.guestGroup === undefined ? undefined : await idOfGroup(agent.guestGroup);
  return Promise.all(agent.backends.map(async ({ name, kind, directory, runDirectory }, index) => {
    const backend = await VolumeFileBackend.open({
      directory, runDirectory, ownHost: agent.host, clock: systemClock, ...(groupId !== undefined && { guestGroupId: groupId }), ...gates(agent.exports, index),
      onTrouble: (error) => logger.error('exports are not served', { backend: name, error }),
    }, AbortSignal.timeout(OPEN_WITHIN));
    return { name, kind, backend, close: () => backend.close() };
  }));
});

/** Each backend has ports of its own. */
function gates(settings: Settings['exports'], index: number): { gates?: GateOptions } {
  if (settings === undefined) return {};
  const { address, firstPort, portsPerBackend, pkiDirectory } = settings;
  const first = firstPort + index * portsPerBackend;
  return { gates: { address, pkiDirectory, ports: { first, last: first + portsPerBackend - 1 }, identityOf: (host) => `O=Virga,CN=${host}` } };
}

async function idOfGroup(name: string): Promise<number> {
  const entry = (await readFile('/etc/group', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`));
  if (entry === undefined) throw new Error(`There is no group '${name}': the package of the guests' emulator is not installed.`);
  return Number(entry.split(':')[2]);
}
