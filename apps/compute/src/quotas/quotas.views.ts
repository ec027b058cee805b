import type { OutputOf, Reply } from '@virga/contract';
import { quotas } from '@virga/contracts-compute';
import type { Limits, Standings } from './quotas.service.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type LimitsView = Body<OutputOf<typeof quotas.updateQuotaSet>>['quota_set'];
type DetailsView = Omit<Body<OutputOf<typeof quotas.showQuotaDetails>>['quota_set'], 'id'>;
type AbsoluteView = Body<OutputOf<typeof quotas.showLimits>>['limits']['absolute'];

/** Where compute itself has no limit: the network service's resources. */
const UNLIMITED = -1;

export function limitsView(limits: Limits): LimitsView {
  return Object.fromEntries(quotas.QUOTA_RESOURCES.map((name) => [name, limits[name] ?? UNLIMITED])) as LimitsView;
}

export function detailsView(standings: Standings): DetailsView {
  return Object.fromEntries(quotas.QUOTA_RESOURCES.map((name) => {
    const { limit, used } = standings[name] ?? { limit: UNLIMITED, used: 0 };
    return [name, { in_use: used, limit, reserved: 0 }];
  })) as DetailsView;
}

/** Nova's names of limits in `GET /limits`. */
const MAXIMA = {
  maxTotalInstances: 'instances', maxTotalCores: 'cores', maxTotalRAMSize: 'ram', maxTotalKeypairs: 'key_pairs', maxServerMeta: 'metadata_items',
  maxImageMeta: 'metadata_items', maxServerGroups: 'server_groups', maxServerGroupMembers: 'server_group_members', maxPersonality: 'injected_files',
  maxPersonalitySize: 'injected_file_content_bytes', maxSecurityGroups: 'security_groups', maxSecurityGroupRules: 'security_group_rules',
  maxTotalFloatingIps: 'floating_ips',
} as const satisfies Partial<Record<keyof AbsoluteView, quotas.QuotaResourceName>>;
const USED = {
  totalInstancesUsed: 'instances', totalCoresUsed: 'cores', totalRAMUsed: 'ram', totalServerGroupsUsed: 'server_groups',
  totalFloatingIpsUsed: 'floating_ips', totalSecurityGroupsUsed: 'security_groups',
} as const satisfies Partial<Record<keyof AbsoluteView, quotas.QuotaResourceName>>;

export function absoluteView(standings: Standings): AbsoluteView {
  const maxima = Object.entries(MAXIMA).map(([name, resource]) => [name, standings[resource]?.limit ?? UNLIMITED]);
  const used = Object.entries(USED).map(([name, resource]) => [name, standings[resource]?.used ?? 0]);
  return Object.fromEntries([...maxima, ...used]) as AbsoluteView;
}
