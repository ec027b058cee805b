import type { OutputOf, Reply } from '@virga/contract';
import type { aggregates } from '@virga/contracts-compute';
import { bareTime, bareTimeOrNull } from '../wire/index.js';
import { ZONE_KEY, type Aggregate } from './aggregate.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;

/** Also what a new one is shown as: the contract leaves hosts and metadata out there. */
export function aggregateView(aggregate: Aggregate): Body<OutputOf<typeof aggregates.showAggregate>>['aggregate'] {
  return {
    id: aggregate.id, uuid: aggregate.uuid, name: aggregate.name, availability_zone: aggregate.metadata[ZONE_KEY] ?? null,
    hosts: aggregate.hosts, metadata: aggregate.metadata, created_at: bareTime(aggregate.createdAt), updated_at: bareTimeOrNull(aggregate.updatedAt),
    deleted: false, deleted_at: null,
  };
}
