import { placement } from '@virga/contracts-compute';
import type { OutputOf, Reply, VersionNumber } from '@virga/contract';
import type { Amounts } from '../ledger.js';
import type { ConsumerShares } from './allocations.service.js';
import type { Share, TypeUsage } from './allocations.repository.js';
import type { Provider } from './provider.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;

export function consumerView({ consumer, shares }: ConsumerShares): Body<OutputOf<typeof placement.listConsumerAllocations>> {
  const allocations = Object.fromEntries(shares.map(({ provider, providerGeneration, amounts }) => [provider, { generation: providerGeneration, resources: { ...amounts } }]));
  if (consumer === undefined || shares.length === 0) return { allocations };
  return { allocations, project_id: consumer.project, user_id: consumer.user, consumer_generation: consumer.generation, consumer_type: consumer.type };
}

export function providerView({ provider, shares }: { provider: Provider; shares: Share[] }): Body<OutputOf<typeof placement.listProviderAllocations>> {
  return {
    resource_provider_generation: provider.generation,
    allocations: Object.fromEntries(shares.map(({ consumer, consumerGeneration, amounts }) => [consumer, { resources: { ...amounts }, consumer_generation: consumerGeneration }])),
  };
}

/** One sum until 1.37; from 1.38 on one for each type of consumer with their number, or one for all. */
export function totalsView(usages: readonly TypeUsage[], { version, isMerged }: { version: VersionNumber; isMerged: boolean }): object {
  if (version < placement.placementVersions.consumerTypes) return sum(usages);
  if (!isMerged) return Object.fromEntries(usages.map(({ type, consumers, amounts }) => [type, { consumer_count: consumers, ...amounts }]));
  if (usages.length === 0) return {};
  return { all: { consumer_count: usages.reduce((total, { consumers }) => total + consumers, 0), ...sum(usages) } };
}

function sum(usages: readonly TypeUsage[]): Amounts {
  const total: Record<string, number> = {};
  for (const { amounts } of usages) for (const [name, amount] of Object.entries(amounts)) total[name] = (total[name] ?? 0) + amount;
  return total;
}
