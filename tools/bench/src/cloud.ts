import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const CHECKOUT = join(import.meta.dirname, '../../..');

/** The running cloud on this machine, as its own files describe it. */
export interface Cloud {
  stateDirectory: string;
  authUrl: string;
  adminPassword: string;
  brokerUrl: string;
  region: string;
  publicHost: string;
  ports: Record<string, number>;
}

/** Reads where the cloud of a settings file is. Throws, saying what to do, where none was brought up. */
export function findCloud(settingsFile: string): Cloud {
  const settings = (parse(readFileSync(settingsFile, 'utf8')) ?? {}) as { stateDirectory?: string };
  const stateDirectory = settings.stateDirectory ?? '/var/lib/virga';
  const read = (file: string): string => {
    try {
      return readFileSync(join(stateDirectory, file), 'utf8');
    } catch (cause) {
      throw new Error(`There is no cloud in ${stateDirectory}: npm start brings one up.`, { cause });
    }
  };
  const { auth } = (parse(read('clouds.yaml')) as { clouds: Record<string, { auth: { auth_url: string; password: string } }> }).clouds['admin'] ?? missing();
  const compute = JSON.parse(read('config/compute.json')) as { broker: { url: string }; region: string; publicHost: string; ports: Record<string, number> };
  return { stateDirectory, authUrl: auth.auth_url, adminPassword: auth.password, brokerUrl: compute.broker.url, region: compute.region, publicHost: compute.publicHost, ports: compute.ports };
}

function missing(): never {
  throw new Error('clouds.yaml has no cloud named admin.');
}

export interface CloudProcess {
  name: string;
  pid: number;
  /** Proportional set size. */
  mebibytes: number;
}

/** The cloud's processes, as `npm run status` tells. */
export function processes(settingsFile: string): CloudProcess[] {
  const output = execFileSync('node', [join(CHECKOUT, 'deploy/virga.mjs'), 'status', '--config', settingsFile], { encoding: 'utf8' });
  const [head = '', ...lines] = output.split('\n');
  const memoryAt = head.indexOf('MIB');
  return lines.flatMap((line) => {
    const match = /^(\S+)\s+(\d+)\s/.exec(line);
    return match === null ? [] : [{ name: match[1] as string, pid: Number(match[2]), mebibytes: Number.parseInt(line.slice(memoryAt), 10) }];
  });
}
