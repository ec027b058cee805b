import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, eventually, run, type Finished } from './shell.js';

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: these tests are run by npm test, which brings up a cloud for them.`);
  return value;
};

export const stateDirectory = need('VIRGA_E2E_STATE_DIRECTORY');
export const guestImage = need('VIRGA_E2E_GUEST_IMAGE');
/** An address beyond the cloud's uplink, and the network namespace that has it. */
export const outside = { address: need('VIRGA_E2E_OUTSIDE_ADDRESS'), namespace: need('VIRGA_E2E_OUTSIDE_NAMESPACE') };

/** Where the test cloud's backends keep their volumes. */
export const volumeDirectories: Readonly<Record<string, string>> = { file: join(stateDirectory, 'volumes'), second: join(stateDirectory, 'second-disk') };

type CloudName = 'demo' | 'admin';

/** The stock client's words, as typed in a shell after `openstack`. */
export function openstack(words: string, as: CloudName = 'demo', env: Record<string, string> = {}): Promise<string> {
  return run('openstack', words.split(' ').filter(Boolean), { env: { OS_CLOUD: as, ...env } });
}

export function tryOpenstack(words: string, as: CloudName = 'demo'): Promise<Finished> {
  return attempt('openstack', words.split(' ').filter(Boolean), { env: { OS_CLOUD: as } });
}

/** The same, parsed. */
export async function openstackJson<T = Record<string, unknown>>(words: string, as: CloudName = 'demo', env: Record<string, string> = {}): Promise<T> {
  return JSON.parse(await openstack(`${words} -f json`, as, env)) as T;
}

export interface ServerShown {
  id: string;
  status: string;
  addresses: Record<string, string[]>;
  fault?: unknown;
}

/** Waits until the server has the status; a server in ERROR fails at once with its fault. */
export function untilServer(name: string, status: string, as: CloudName = 'demo', withinSeconds = 120): Promise<ServerShown> {
  return eventually(`server ${name} ${status}`, withinSeconds, async () => {
    const server = await openstackJson<ServerShown>(`server show ${name}`, as);
    if (server.status === 'ERROR' && status !== 'ERROR') throw new Error(`in ERROR: ${JSON.stringify(server.fault)}`);
    if (server.status !== status) throw new Error(server.status);
    return server;
  });
}

export function untilGone(name: string, as: CloudName = 'demo', withinSeconds = 60): Promise<true> {
  return eventually(`server ${name} gone`, withinSeconds, async () => ((await tryOpenstack(`server show ${name}`, as)).code === 0 ? undefined : true));
}

export function untilConsole(name: string, pattern: RegExp, withinSeconds = 240): Promise<string> {
  return eventually(`console of ${name} ${pattern}`, withinSeconds, async () => {
    const log = await openstack(`console log show ${name}`);
    if (!pattern.test(log)) throw new Error(`…${log.slice(-300)}`);
    return log;
  });
}

export interface CloudProcess {
  name: string;
  pid: number;
  health: string;
}

/** What openrc exports for the user demo, for clients that do not read clouds.yaml. */
export function credentials(): Record<string, string> {
  const lines = readFileSync(join(stateDirectory, 'openrc'), 'utf8').matchAll(/^export (\w+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

const virga = (command: string): [string, string[]] => ['node', [join(import.meta.dirname, '../deploy/virga.mjs'), command, '--config', join(stateDirectory, 'virga.yaml')]];

/** `npm start`, which picks up whatever is left of the cloud. */
export async function startCloud(): Promise<void> {
  await run(...virga('start'), { timeoutMs: 300_000 });
}

/** The cloud's processes, as `npm run status` tells. */
export async function processes(): Promise<CloudProcess[]> {
  const { output } = await attempt(...virga('status'));
  return output.split('\n').flatMap((line) => {
    const match = /^(\S+)\s+(\d+)\s.*\s{2}(\S.*)$/.exec(line);
    return match === null ? [] : [{ name: match[1] as string, pid: Number(match[2]), health: match[3] as string }];
  });
}

/** Runs a command in a guest; the server's floating IP is reached from this machine. */
export function ssh(address: string, key: string, command: string): Promise<Finished> {
  const options = ['-i', key, '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=10', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR'];
  return attempt('ssh', [...options, `cirros@${address}`, command], { timeoutMs: 60_000 });
}

export function untilSsh(address: string, key: string, command: string, withinSeconds = 240): Promise<string> {
  return eventually(`ssh ${address} ${command}`, withinSeconds, async () => {
    const { code, output, errors } = await ssh(address, key, command);
    if (code !== 0) throw new Error(errors.slice(-300) || `code ${code}`);
    return output;
  });
}
