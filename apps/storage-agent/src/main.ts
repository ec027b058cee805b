import { loadConfig, readSecret, systemGroupId, type ConfigOf } from '@virga/config';
import { VolumeFileBackend, type GateOptions } from '@virga/driver-volume-file';
import { VolumeRbdBackend } from '@virga/driver-volume-rbd';
import { minutes, systemClock } from '@virga/kernel';
import { BackendWhenOpen } from './backends/index.js';
import { runAgent, type OpenBackend } from './run-agent.js';

type Settings = ConfigOf<'storage-agent'>['agent'];

const TROUBLES = { file: 'exports are not served', rbd: 'the pool is not tidied up' };

/** Bringing back the exports of many volumes after the machine started takes its time. */
const OPEN_WITHIN = minutes(10);
/** A cluster that answers does so in seconds; after this it is asked anew. */
const POOL_WITHIN = minutes(1);

const config = loadConfig('storage-agent');
const { agent } = config;

await runAgent(config, async (logger) => {
  const groupId = agent.guestGroup === undefined ? undefined : await systemGroupId(agent.guestGroup, 'the package of the guests\' emulator');
  return Promise.all(agent.backends.map(async (settings, index): Promise<OpenBackend> => {
    const { name, kind, reservedPercentage, maxOverSubscriptionRatio } = settings;
    const onTrouble = (error: unknown): void => logger.error(TROUBLES[kind], { backend: name, error });
    const backend = kind === 'rbd' ? poolWhenOpen(settings, onTrouble) : await openDirectory(settings, { index, groupId, onTrouble });
    return { name, kind, backend, promises: { reservedPercentage, maxOverSubscriptionRatio }, close: () => backend.close() };
  }));
});

function openDirectory(
  { directory, runDirectory }: Settings['backends'][number], { index, groupId, onTrouble }: { index: number; groupId: number | undefined; onTrouble: (error: unknown) => void },
): Promise<VolumeFileBackend> {
  return VolumeFileBackend.open({
    directory, runDirectory, ownHost: agent.host, clock: systemClock, ...(groupId !== undefined && { guestGroupId: groupId }), ...gates(agent.exports, index), onTrouble,
  }, AbortSignal.timeout(OPEN_WITHIN));
}

/** A cluster that does not answer must keep nobody from the host's other backends. */
function poolWhenOpen({ name, directory, runDirectory, ceph }: Settings['backends'][number], onTrouble: (error: unknown) => void): BackendWhenOpen {
  const { volumeCredentialsSecretFile: secretFile } = agent;
  if (ceph === undefined || secretFile === undefined) {
    throw new Error(`The backend '${name}' is of kind rbd: it needs the setting 'ceph', and the agent 'volumeCredentialsSecretFile'.`);
  }
  const credentialsSecret = Buffer.from(readSecret(secretFile), 'hex');
  return new BackendWhenOpen(VolumeRbdBackend.capabilities, () => VolumeRbdBackend.open({
    access: ceph, owner: agent.host, directory, runDirectory, credentialsSecret, clock: systemClock, onTrouble,
  }, AbortSignal.timeout(POOL_WITHIN)));
}

/** Each backend has ports of its own. */
function gates(settings: Settings['exports'], index: number): { gates?: GateOptions } {
  if (settings === undefined) return {};
  const { address, firstPort, portsPerBackend, pkiDirectory } = settings;
  const first = firstPort + index * portsPerBackend;
  return { gates: { address, pkiDirectory, ports: { first, last: first + portsPerBackend - 1 }, identityOf: (host) => `O=Virga,CN=${host}` } };
}
