import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule, VersionNumber } from '@virga/contract';
import { listAllFilters, showExtendedAttributes, showPlacementExplanation } from '@virga/contracts-compute';
import { CLOCK, Invalid, isUuid, NotFound, raise, type Caller, type Clock, type PageRequest } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { silentBefore } from '../hosts/index.js';
import { SchedulingRepository, type Explanation } from '../scheduling/index.js';
import { ServerAccess } from './server-access.js';
import { ServerDetailsRepository, type ServerDetails, type ServerPage, type ServerReferenceRow } from './server-details.repository.js';
import { conditionsOf, sortOf, wantsAllProjects, type ListQuery } from './server-filters.js';
import type { Server } from './server.js';

/** A part of the servers, and whether there may be more after it. */
export interface Listed<Entry> {
  servers: Entry[];
  isFull: boolean;
}

export interface Listing {
  query: ListQuery;
  page: PageRequest;
  version: VersionNumber;
  /** The endpoint's own rule and the one for the servers of all projects. */
  rules: { list: PolicyRule; allProjects: PolicyRule };
}

class MarkerUnknown extends Invalid {
  constructor(marker: string) {
    super('request.marker.unknown', `marker [${marker.slice(0, 64)}] not found`);
  }
}

class NotScheduled extends NotFound {
  constructor(id: string) {
    super('compute.server.not-scheduled', `No host has been looked for yet for instance ${id}.`);
  }
}

/** Reads servers. */
@Injectable()
export class ServersService {
  constructor(
    private readonly db: Database,
    private readonly details: ServerDetailsRepository,
    private readonly scheduling: SchedulingRepository,
    private readonly access: ServerAccess,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async references(caller: Caller, listing: Listing): Promise<Listed<ServerReferenceRow>> {
    const page = await this.page(caller, listing);
    return listed(await this.details.referencePage(this.db, page), page);
  }

  async detailed(caller: Caller, listing: Listing): Promise<Listed<ServerDetails>> {
    const page = await this.page(caller, listing);
    const showsUserData = this.policy.allows(caller, showExtendedAttributes, { project_id: caller.projectId });
    return listed(await this.details.page(this.db, page, silentBefore(this.clock), showsUserData), page);
  }

  /** Why the server is where it is; hosts only for those who may see a server's host. */
  async explanation(caller: Caller, id: string): Promise<{ server: Server; decidedAt: Date; explanation: Explanation; showsHosts: boolean }> {
    const server = await this.access.require(caller, showPlacementExplanation.policy, id);
    const decision = await this.scheduling.findDecision(this.db, server.id) ?? raise(new NotScheduled(server.id));
    return { server, ...decision, showsHosts: this.policy.allows(caller, showExtendedAttributes, { project_id: server.projectId }) };
  }

  private async page(caller: Caller, { query, page, version, rules }: Listing): Promise<ServerPage> {
    this.policy.require(caller, rules.list, { project_id: caller.projectId, user_id: caller.userId });
    const seesAll = wantsAllProjects(query);
    if (seesAll) this.policy.require(caller, rules.allProjects);
    const isAdmin = caller.roles.has('admin');
    const hasAllFilters = this.policy.allows(caller, listAllFilters);
    const project = seesAll ? undefined : caller.projectId ?? '';
    const scope = { project, user: caller.userId, hasAllFilters, isAdmin, version };
    const where = conditionsOf(query, scope);
    if (page.marker !== undefined && !(isUuid(page.marker) && (await this.details.exists(this.db, page.marker)))) throw new MarkerUnknown(page.marker);
    return { where, sort: sortOf(query, scope), limit: page.limit, marker: page.marker };
  }
}

function listed<Entry>(servers: Entry[], { limit }: ServerPage): Listed<Entry> {
  return { servers, isFull: servers.length === limit };
}
