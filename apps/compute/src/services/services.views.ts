import type { BodyOf, OutputOf, Reply, VersionNumber } from '@virga/contract';
import { hypervisors, type services } from '@virga/contracts-compute';
import { HOST_BINARY, type HostRecord } from '../hypervisors/index.js';
import { bareTime } from '../wire/index.js';
import type { ServiceSetting } from './service.js';
import type { ProjectShare } from './services.repository.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ServiceView = Body<OutputOf<typeof services.listServices>>['services'][number];
type ResourceView = Body<OutputOf<typeof services.showHost>>['host'][number];

export function serviceView(host: HostRecord, version: VersionNumber): ServiceView {
  return {
    id: version >= hypervisors.hypervisorVersions.uuids ? host.serviceId : host.number, binary: HOST_BINARY, host: host.name, zone: host.zone,
    status: host.isDisabled ? 'disabled' : 'enabled', state: host.isUp ? 'up' : 'down', updated_at: bareTime(host.lastSeenAt),
    disabled_reason: host.disabledReason, forced_down: host.isForcedDown,
  };
}

export function settingView({ host, binary }: BodyOf<typeof services.actOnService>, setting: ServiceSetting): Body<OutputOf<typeof services.actOnService>> {
  const { isDisabled, disabledReason, isForcedDown } = setting;
  return {
    service: {
      host, binary,
      ...(isDisabled !== undefined && { status: isDisabled ? 'disabled' : 'enabled' }),
      ...(disabledReason !== undefined && disabledReason !== null && { disabled_reason: disabledReason }),
      ...(isForcedDown !== undefined && { forced_down: isForcedDown }),
    },
  };
}

/** What the host has, what is placed on it, and the share of each project. */
export function resourcesView({ name, resources, stocks }: HostRecord, shares: readonly ProjectShare[]): Body<OutputOf<typeof services.showHost>> {
  const resource = (project: string, cpu: number, memory_mb: number, disk_gb: number): ResourceView => ({ resource: { host: name, project, cpu, memory_mb, disk_gb } });
  const used = (name: string): number => (stocks[name]?.used ?? 0) + (stocks[name]?.reserved ?? 0);
  const sum = (amount: (share: ProjectShare) => number): number => shares.reduce((total, share) => total + amount(share), 0);
  return {
    host: [
      resource('(total)', resources.vcpus, resources.memoryMebibytes, resources.diskGibibytes),
      resource('(used_now)', used('VCPU'), used('MEMORY_MB'), used('DISK_GB')),
      resource('(used_max)', sum(({ vcpus }) => vcpus), sum(({ memoryMebibytes }) => memoryMebibytes), sum(({ diskGibibytes }) => diskGibibytes)),
      ...shares.map((share) => resource(share.project, share.vcpus, share.memoryMebibytes, share.diskGibibytes)),
    ],
  };
}
