import type { OutputOf, Reply } from '@virga/contract';
import type { usage } from '@virga/contracts-compute';
import type { Instant } from '@virga/kernel';
import { bareTime, bareTimeOrNull } from '../wire/index.js';
import { hoursIn, type Period, type ServerUsage } from './usage.js';
import type { UsageReport } from './usage.service.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ProjectView = Body<OutputOf<typeof usage.listUsage>>['tenant_usages'][number];

/** One summary for each project, in the order of the servers; with each server where details are wanted. */
export function projectViews({ servers, period, now }: UsageReport, { isDetailed }: { isDetailed: boolean }): ProjectView[] {
  const projects = Map.groupBy(servers, ({ project }) => project);
  return [...projects].map(([project, own]) => {
    const sum = (amount: (server: ServerUsage) => number): number => own.reduce((total, server) => total + amount(server) * hoursIn(period, server), 0);
    return {
      tenant_id: project, start: bareTime(new Date(period.start)), stop: bareTime(new Date(period.stop)),
      total_hours: sum(() => 1), total_vcpus_usage: sum(({ vcpus }) => vcpus), total_memory_mb_usage: sum(({ memoryMebibytes }) => memoryMebibytes),
      total_local_gb_usage: sum(({ diskGibibytes }) => diskGibibytes),
      ...(isDetailed && { server_usages: own.map((server) => serverView(server, period, now)) }),
    };
  });
}

function serverView(server: ServerUsage, period: Period, now: Instant) {
  const { launchedAt, terminatedAt } = server;
  return {
    instance_id: server.id, name: server.name, tenant_id: server.project, flavor: server.flavor, vcpus: server.vcpus, memory_mb: server.memoryMebibytes,
    local_gb: server.diskGibibytes, hours: hoursIn(period, server), started_at: bareTime(launchedAt), ended_at: bareTimeOrNull(terminatedAt),
    state: terminatedAt === null ? server.state : 'terminated',
    uptime: Math.max(0, Math.floor(((terminatedAt?.getTime() ?? now) - launchedAt.getTime()) / 1000)),
  };
}
