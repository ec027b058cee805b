import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import type { services as contract } from '@virga/contracts-block-storage';
import { bareTime } from '../wire/index.js';
import type { Service } from './service.js';
import type { ProjectShare } from './services.repository.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ServiceView = Body<OutputOf<typeof contract.listServices>>['services'][number];
type SettingView = Body<OutputOf<typeof contract.enableService>>;
type HostView = Body<OutputOf<typeof contract.listHosts>>['hosts'][number];
type ResourceView = Body<OutputOf<typeof contract.showHost>>['host'][number];

export function serviceView({ binary, host, zone, isEnabled, disabledReason, isUp, updatedAt, backend }: Service): ServiceView {
  return {
    binary, host, zone, status: isEnabled ? 'enabled' : 'disabled', state: isUp ? 'up' : 'down', updated_at: bareTime(updatedAt), disabled_reason: disabledReason, cluster: null,
    ...(backend !== undefined && {
      replication_status: backend.replicationStatus, active_backend_id: backend.activeBackendId, frozen: backend.isFrozen,
      backend_state: isUp && backend.isAvailable ? 'up' : 'down',
    }),
  };
}

export function settingView({ host, binary, service }: BodyOf<typeof contract.enableService>, isEnabled: boolean, reason?: string | null): SettingView {
  return { host, service: service ?? '', binary: binary ?? '', status: isEnabled ? 'enabled' : 'disabled', disabled: !isEnabled, ...(reason !== undefined && { disabled_reason: reason }) };
}

export function hostView({ binary, host, zone, isEnabled, isUp, updatedAt }: Service): HostView {
  return {
    host_name: host, service: binary, zone, 'service-status': isUp ? 'available' : 'unavailable', 'service-state': isEnabled ? 'enabled' : 'disabled',
    'last-update': bareTime(updatedAt),
  };
}

/** What is on the backend, in all and by project; numbers are texts there. */
export function sharesView(host: string, shares: readonly ProjectShare[]): ResourceView[] {
  const sum = (amount: (share: ProjectShare) => number): number => shares.reduce((total, share) => total + amount(share), 0);
  const total: ProjectShare = {
    project: '(total)', volumes: sum(({ volumes }) => volumes), volumeGibibytes: sum(({ volumeGibibytes }) => volumeGibibytes), snapshots: sum(({ snapshots }) => snapshots),
    snapshotGibibytes: sum(({ snapshotGibibytes }) => snapshotGibibytes),
  };
  return [total, ...shares].map((share) => ({
    resource: {
      host, project: share.project, volume_count: String(share.volumes), total_volume_gb: String(share.volumeGibibytes), snapshot_count: String(share.snapshots),
      total_snapshot_gb: String(share.snapshotGibibytes),
    },
  }));
}
