import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openstackJson, outside, stateDirectory, volumeDirectories } from './cloud.js';
import { run } from './shell.js';

/** What servers leave on this machine while they live; after the last one, nothing of it may be left. */
export interface Traces {
  domains: string[];
  taps: string[];
  namespaces: string[];
  proxies: string[];
  files: string[];
  /** OVN's logical ports of guests. */
  logicalPorts: string[];
  allocations: string[];
  used: Record<string, number>;
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** Looks at the engines themselves, past the cloud's APIs (but for allocations and quota, which only it knows). */
export async function traces(): Promise<Traces> {
  const [domains, links, namespaces, processes, files, logicalPorts, allocations, limits] = await Promise.all([
    run('virsh', ['-c', `qemu:///system?socket=${join(stateDirectory, 'libvirt/run/libvirt-sock')}`, 'list', '--all', '--name']),
    run('ip', ['-o', 'link', 'show']),
    run('ip', ['netns', 'list']),
    run('ps', ['-eo', 'args']),
    readdir(join(stateDirectory, 'instances')),
    run('ovn-nbctl', [`--db=unix:${join(stateDirectory, 'ovn/ovnnb_db.sock')}`, '--bare', '--columns=name', 'find', 'Logical_Switch_Port', 'type=""']),
    allocationsHeld(),
    openstackJson<{ Name: string; Value: number }[]>('limits show --absolute'),
  ]);
  return {
    domains: lines(domains),
    taps: lines(links).map((line) => line.split(': ')[1] ?? '').filter((name) => name.startsWith('tap')),
    namespaces: lines(namespaces).map((line) => line.split(' ')[0] as string).filter((name) => name.startsWith('virga-') && name !== outside.namespace),
    proxies: lines(processes).filter((line) => /^(\S*\/)?haproxy /.test(line) && line.includes(stateDirectory)),
    files: files.filter((name) => /^[0-9a-f]{8}-/.test(name)),
    logicalPorts: lines(logicalPorts),
    allocations,
    used: Object.fromEntries(limits.filter(({ Name }) => /^total(Cores|Instances|RAM)Used$/.test(Name)).map(({ Name, Value }) => [Name, Value])),
  };
}

/** The files of all volumes and snapshots, on all backends. */
export function layers(): Promise<string> {
  return run('find', [...Object.values(volumeDirectories).map((directory) => join(directory, 'layers')), '-type', 'f']);
}

export const noTraces: Traces = {
  domains: [], taps: [], namespaces: [], proxies: [], files: [], logicalPorts: [], allocations: [],
  used: { totalCoresUsed: 0, totalInstancesUsed: 0, totalRAMUsed: 0 },
};

/** The consumers that hold something of any provider (placement API). */
async function allocationsHeld(): Promise<string[]> {
  const token = (await openstackJson<{ id: string }>('token issue', 'admin')).id;
  const endpoint = (await openstackJson<{ 'Service Type': string; URL: string; Interface: string }[]>('endpoint list', 'admin'))
    .find((one) => one['Service Type'] === 'placement' && one.Interface === 'public')?.URL;
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${endpoint}${path}`, { headers: { 'x-auth-token': token, 'openstack-api-version': 'placement 1.39' } });
    if (!answer.ok) throw new Error(`placement answered ${answer.status} to ${path}`);
    return await answer.json() as T;
  };
  const { resource_providers: providers } = await ask<{ resource_providers: { uuid: string }[] }>('/resource_providers');
  const held = await Promise.all(providers.map(({ uuid }) => ask<{ allocations: Record<string, unknown> }>(`/resource_providers/${uuid}/allocations`)));
  return held.flatMap(({ allocations }) => Object.keys(allocations));
}
