import { Controller, Inject } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import type { InputOf, VersionNumber } from '@virga/contract';
import { Endpoint } from '@virga/http';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Candidate, CandidateProvider } from './candidates.js';
import { CandidatesService, type Candidates } from './candidates.service.js';
import { capacityOf } from './inventory.js';
import { fresh } from './replies.js';

const { placementVersions: versions } = placement;

@Controller()
export class CandidatesController {
  constructor(private readonly candidates: CandidatesService, @Inject(CLOCK) private readonly clock: Clock) {}

  @Endpoint(placement.listCandidates)
  async list({ caller, query, version }: InputOf<typeof placement.listCandidates>) {
    const found = await this.candidates.list(caller, query, version);
    return fresh({
      allocation_requests: found.candidates.map((candidate) => requestView(candidate, version)), provider_summaries: summariesView(found, version),
    }, { version, modified: new Date(this.clock.now()) });
  }
}

/** In the form in which allocations of that version are written. */
function requestView({ allocations, mappings }: Candidate, version: VersionNumber): object {
  if (version < versions.allocationObjects) return { allocations: [...allocations].map(([uuid, resources]) => ({ resource_provider: { uuid }, resources })) };
  return {
    allocations: Object.fromEntries([...allocations].map(([uuid, resources]) => [uuid, { resources }])),
    ...(version >= versions.mappings && { mappings: Object.fromEntries(mappings) }),
  };
}

function summariesView({ request, summaries }: Candidates, version: VersionNumber): Record<string, object> {
  const asked = new Set(request.groups.flatMap(({ resources }) => Object.keys(resources)));
  const shows = (name: string): boolean => version >= versions.allInventories || asked.has(name);
  return Object.fromEntries(summaries.map((provider) => [provider.uuid, summaryView(provider, shows, version)]));
}

function summaryView({ stocks, traits, parent, root }: CandidateProvider, shows: (name: string) => boolean, version: VersionNumber): object {
  return {
    resources: Object.fromEntries([...stocks].filter(([name]) => shows(name)).map(([name, stock]) => [name, { capacity: capacityOf(stock), used: stock.used }])),
    ...(version >= versions.candidateTraits && { traits: [...traits].sort() }),
    ...(version >= versions.nestedCandidates && { parent_provider_uuid: parent, root_provider_uuid: root }),
  };
}
