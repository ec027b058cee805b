import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule, VersionNumber } from '@virga/contract';
import { serverVersions, showExtendedAttributes, showFlavorExtraSpecs, showHostStatus, showHostStatusUnknown } from '@virga/contracts-compute';
import { CLOCK, Conflict, isUuid, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { silentBefore } from '../hosts/index.js';
import { ServerDetailsRepository, type ServerDetails } from './server-details.repository.js';
import { ServersRepository, ServerUnknown } from './servers.repository.js';
import type { Server } from './server.js';
import type { Visibility } from './servers.views.js';

class ServerLocked extends Conflict {
  constructor(id: string) {
    super('compute.server.locked', `Instance ${id} is locked`);
  }
}

/** Finds servers for those who may know of them: a server of another project does not exist for anyone but administrators. */
@Injectable()
export class ServerAccess {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly details: ServerDetailsRepository,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The server, if the caller may do this to it; throws `ServerUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string, reader: Reader = this.db): Promise<Server> {
    const server = await this.requireAny(caller, rule, id, reader);
    if (server.state === 'deleted') throw new ServerUnknown(id);
    return server;
  }

  /** The same, also for a server that is deleted. */
  async requireAny(caller: Caller, rule: PolicyRule, id: string, reader: Reader = this.db): Promise<Server> {
    const server = isUuid(id) ? await this.servers.find(reader, id) : undefined;
    return this.allow(caller, rule, server ?? raise(new ServerUnknown(id)));
  }

  /** The same with all that a reply shows. */
  async requireDetails(caller: Caller, rule: PolicyRule, id: string): Promise<ServerDetails> {
    const server = isUuid(id) ? await this.details.find(this.db, id, { upSince: silentBefore(this.clock) }) : undefined;
    return this.allow(caller, rule, server ?? raise(new ServerUnknown(id)));
  }

  /** What the caller may see beyond the ordinary, of one server or of a list. */
  visibility(caller: Caller, version: VersionNumber, server?: Pick<Server, 'projectId'>): Visibility {
    const target = { project_id: server?.projectId ?? caller.projectId };
    const allows = (rule: PolicyRule): boolean => this.policy.allows(caller, rule, target);
    return {
      hasExtendedAttributes: allows(showExtendedAttributes),
      hasHostname: version >= serverVersions.openHostname,
      hasExtraSpecs: allows(showFlavorExtraSpecs),
      hostStatus: allows(showHostStatus) ? 'all' : allows(showHostStatusUnknown) ? 'unknown-only' : 'none',
    };
  }

  /** Throws where a lock protects the server against this caller: administrators pass. */
  requireUnlocked(caller: Caller, server: Server): void {
    if (server.lockedBy !== null && !caller.roles.has('admin')) throw new ServerLocked(server.id);
  }

  private allow<Found extends Pick<Server, 'id' | 'projectId' | 'userId'>>(caller: Caller, rule: PolicyRule, server: Found): Found {
    const isForeign = caller.projectId !== server.projectId;
    const target = { project_id: server.projectId, user_id: server.userId };
    this.policy.require(caller, rule, target, isForeign ? () => new ServerUnknown(server.id) : undefined);
    return server;
  }
}
