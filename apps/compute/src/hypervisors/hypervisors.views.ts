import type { OutputOf, Reply, VersionNumber } from '@virga/contract';
import { hypervisors } from '@virga/contracts-compute';
import type { HostRecord } from './host-record.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ReferenceView = Body<OutputOf<typeof hypervisors.listHypervisors>>['hypervisors'][number];
type HypervisorView = Body<OutputOf<typeof hypervisors.showHypervisor>>['hypervisor'];
type StatisticsView = Body<OutputOf<typeof hypervisors.showHypervisorStatistics>>;

const { hypervisorVersions: versions } = hypervisors;

/** `asksForServers`: the caller wants to see which servers are there. */
export function referenceView(host: HostRecord, version: VersionNumber, asksForServers = false): ReferenceView {
  const showsServers = asksForServers && (host.servers.length > 0 || version >= versions.alwaysServers);
  return {
    id: version >= versions.uuids ? host.id : host.number, hypervisor_hostname: host.resources.hypervisorHostname,
    state: host.isUp ? 'up' : 'down', status: host.isDisabled ? 'disabled' : 'enabled',
    ...(showsServers && { servers: host.servers.map(({ id, name }) => ({ uuid: id, name })) }),
  };
}

export function hypervisorView(host: HostRecord, version: VersionNumber, asksForServers = false): HypervisorView {
  const { resources } = host;
  const cpu = { model: resources.cpuModel };
  return {
    ...referenceView(host, version, asksForServers), ...amounts(host),
    hypervisor_type: resources.hypervisorType, hypervisor_version: resources.hypervisorVersion, host_ip: null,
    service: { id: version >= versions.uuids ? host.serviceId : host.number, host: host.name, disabled_reason: host.disabledReason },
    cpu_info: version >= versions.structuredCpu ? cpu : JSON.stringify(cpu),
    uptime: uptimeView(host),
  };
}

const MINUTE = 60;
const DAY = 86_400;

/** What `uptime` would have said on the host when it last reported; null where it does not tell. */
export function uptimeView({ resources: { uptimeSeconds, loadAverages = [] }, lastSeenAt }: HostRecord): string | null {
  if (uptimeSeconds === undefined) return null;
  const days = Math.floor(uptimeSeconds / DAY);
  const minutes = Math.floor((uptimeSeconds % DAY) / MINUTE);
  const clock = `${Math.floor(minutes / MINUTE)}:${String(minutes % MINUTE).padStart(2, '0')}`;
  const load = loadAverages.map((average) => average.toFixed(2)).join(', ');
  return ` ${lastSeenAt.toISOString().slice(11, 19)} up ${days === 1 ? '1 day' : `${days} days`}, ${clock},  load average: ${load}`;
}

type Amounts = Omit<StatisticsView['hypervisor_statistics'], 'count'>;

function amounts({ resources, stocks, serverCount, busyCount }: HostRecord): Amounts {
  const used = (name: string): number => (stocks[name]?.used ?? 0) + (stocks[name]?.reserved ?? 0);
  return {
    vcpus: resources.vcpus, vcpus_used: used('VCPU'),
    memory_mb: resources.memoryMebibytes, memory_mb_used: used('MEMORY_MB'), free_ram_mb: resources.memoryMebibytes - used('MEMORY_MB'),
    local_gb: resources.diskGibibytes, local_gb_used: used('DISK_GB'), free_disk_gb: resources.diskGibibytes - used('DISK_GB'),
    disk_available_least: resources.diskGibibytes - resources.diskUsedGibibytes, current_workload: busyCount, running_vms: serverCount,
  };
}

export function statisticsView(hosts: readonly HostRecord[]): StatisticsView {
  const each = hosts.map(amounts);
  const sum = (name: keyof Amounts): number => each.reduce((total, amount) => total + (amount[name] ?? 0), 0);
  return {
    hypervisor_statistics: {
      count: hosts.length, vcpus: sum('vcpus'), vcpus_used: sum('vcpus_used'), memory_mb: sum('memory_mb'), memory_mb_used: sum('memory_mb_used'),
      free_ram_mb: sum('free_ram_mb'), local_gb: sum('local_gb'), local_gb_used: sum('local_gb_used'), free_disk_gb: sum('free_disk_gb'),
      disk_available_least: sum('disk_available_least'), current_workload: sum('current_workload'), running_vms: sum('running_vms'),
    },
  };
}
