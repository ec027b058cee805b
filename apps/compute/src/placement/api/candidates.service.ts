import { Injectable } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import type { QueryOf, VersionNumber } from '@virga/contract';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { candidateRequest } from './candidates.input.js';
import { findCandidates, type Candidate, type CandidateProvider, type CandidateRequest } from './candidates.js';
import { CandidatesRepository } from './candidates.repository.js';
import { Names } from './names.js';

/** Ways to meet a request, with the providers that they are about. */
export interface Candidates {
  request: CandidateRequest;
  candidates: Candidate[];
  summaries: CandidateProvider[];
}

@Injectable()
export class CandidatesService {
  constructor(private readonly db: Database, private readonly repository: CandidatesRepository, private readonly names: Names, private readonly policy: Policy) {}

  async list(caller: Caller, query: QueryOf<typeof placement.listCandidates>, version: VersionNumber): Promise<Candidates> {
    this.policy.require(caller, placement.listCandidates.policy);
    const asked = candidateRequest(query, version);
    await this.names.requireClasses(this.db, asked.groups.flatMap(({ resources }) => Object.keys(resources)));
    const rules = [asked.rootTraits, ...asked.groups.map(({ traits }) => traits)];
    await this.names.requireTraits(this.db, rules.flatMap(({ required, forbidden }) => [...required.flat(), ...forbidden]));
    const providers = await this.repository.providers(this.db);
    const request = withRoots(asked, providers);
    const candidates = findCandidates(request, providers);
    return { request, candidates, summaries: summarized(candidates, providers, request.isNested) };
  }
}

/** `in_tree` may name any provider of the tree; one that is not there is in no tree. */
function withRoots(request: CandidateRequest, providers: readonly CandidateProvider[]): CandidateRequest {
  const roots = new Map(providers.map(({ uuid, root }) => [uuid, root]));
  return { ...request, groups: request.groups.map((group) => ({ ...group, inTree: group.inTree === undefined ? undefined : roots.get(group.inTree) ?? group.inTree })) };
}

/** The providers that candidates use; nested ones with their whole trees. */
function summarized(candidates: readonly Candidate[], providers: readonly CandidateProvider[], isNested: boolean): CandidateProvider[] {
  const used = new Set(candidates.flatMap(({ allocations }) => [...allocations.keys()]));
  if (!isNested) return providers.filter(({ uuid }) => used.has(uuid));
  const roots = new Set(providers.filter(({ uuid }) => used.has(uuid)).map(({ root }) => root));
  return providers.filter(({ root }) => roots.has(root));
}
