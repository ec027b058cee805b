import { placement } from '@virga/contracts-compute';
import type { BodyOf, VersionNumber } from '@virga/contract';
import { Invalid, isUuid } from '@virga/kernel';
import type { Amounts } from '../ledger.js';
import { INCOMPLETE_OWNER, type WantedAllocations } from './allocation.js';
import { dashed } from './queries.js';

type OneBody = BodyOf<typeof placement.replaceConsumerAllocations>;
type SeveralBody = BodyOf<typeof placement.manageAllocations>;
type ByProvider = SeveralBody[string]['allocations'];

/** Reads `PUT /allocations/{consumer}`, whose allocations were a list until 1.11. */
export function wantedOne(consumer: string, body: OneBody, version: VersionNumber): WantedAllocations {
  if (!isUuid(consumer)) throw new Invalid('placement.consumer.malformed', `Malformed consumer_uuid: ${consumer.slice(0, 64)}`);
  const { allocations } = body;
  const byProvider = Array.isArray(allocations)
    ? new Map(allocations.map(({ resource_provider: { uuid }, resources }) => [dashed(uuid), resources as Amounts]))
    : amountsByProvider(allocations as ByProvider);
  return { ...ownerOf(consumer, body, version), byProvider };
}

/** Reads `POST /allocations` and the allocations of `POST /reshaper`. */
export function wantedSeveral(body: SeveralBody, version: VersionNumber): WantedAllocations[] {
  return Object.entries(body).map(([consumer, each]) => ({ ...ownerOf(consumer, each, version), byProvider: amountsByProvider(each.allocations) }));
}

function amountsByProvider(allocations: ByProvider): Map<string, Amounts> {
  return new Map(Object.entries(allocations).map(([uuid, { resources }]) => [dashed(uuid), resources as Amounts]));
}

function ownerOf(consumer: string, body: Omit<SeveralBody[string], 'allocations'>, version: VersionNumber): Omit<WantedAllocations, 'byProvider'> {
  return {
    consumer: dashed(consumer), project: body.project_id ?? INCOMPLETE_OWNER, user: body.user_id ?? INCOMPLETE_OWNER, type: body.consumer_type,
    generation: version >= placement.placementVersions.consumerGenerations ? body.consumer_generation ?? null : undefined,
  };
}
