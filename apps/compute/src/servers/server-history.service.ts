import { Injectable } from '@nestjs/common';
import type { VersionNumber } from '@virga/contract';
import { listServerActions, serverVersions, showActionEventDetails, showActionEvents, showServerAction } from '@virga/contracts-compute';
import { Invalid, NotFound, raise, type Caller } from '@virga/kernel';
import { observeOperations, observeSteps, type ObservedOperation, type ObservedStep, type OperationFilter } from '@virga/operations';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ServerAccess } from './server-access.js';
import { ServerUnknown } from './servers.repository.js';
import type { Server } from './server.js';

export interface HistoryQuery {
  limit: number;
  /** A request id. */
  marker: string | undefined;
  changedSince: number | undefined;
  changedBefore: number | undefined;
}

export interface ActionDetails {
  server: Server;
  operation: ObservedOperation;
  /** Absent where the caller may not see them. */
  steps: ObservedStep[] | undefined;
  /** Whether the caller may see where and why. */
  showsDetails: boolean;
}

const MOST_ACTIONS = 1000;

/** What was asked of a server: its operations, by the requests that started them. */
@Injectable()
export class ServerHistory {
  constructor(private readonly db: Database, private readonly access: ServerAccess, private readonly policy: Policy) {}

  /** The newest first, and whether there may be more. */
  async list(caller: Caller, id: string, query: HistoryQuery, version: VersionNumber): Promise<{ server: Server; operations: ObservedOperation[]; isFull: boolean }> {
    const server = requireShown(await this.access.requireAny(caller, listServerActions.policy, id), version);
    const after = query.marker === undefined ? undefined : await this.position(server, query.marker);
    const limit = Math.min(query.limit || MOST_ACTIONS, MOST_ACTIONS);
    const found = await observeOperations(this.db, { ...about(server), limit, ...(after && { after }) });
    const operations = found.filter(({ updatedAt }) => updatedAt >= (query.changedSince ?? 0) && updatedAt <= (query.changedBefore ?? Number.MAX_SAFE_INTEGER));
    return { server, operations, isFull: found.length === limit };
  }

  async get(caller: Caller, id: string, requestId: string, version: VersionNumber): Promise<ActionDetails> {
    const server = requireShown(await this.access.requireAny(caller, showServerAction.policy, id), version);
    const operation = await this.find(server, requestId)
      ?? raise(new NotFound('compute.server.action-unknown', `Action for request_id ${requestId.slice(0, 80)} on instance ${server.id} not found`));
    const target = { project_id: server.projectId };
    const showsDetails = this.policy.allows(caller, showActionEventDetails, target);
    const showsEvents = this.policy.allows(caller, showActionEvents, target) || version >= serverVersions.openEvents;
    const steps = showsEvents ? (await observeSteps(this.db, [operation.id])).get(operation.id) ?? [] : undefined;
    return { server, operation, steps, showsDetails };
  }

  private async position(server: Server, marker: string): Promise<ObservedOperation> {
    return await this.find(server, marker) ?? raise(new Invalid('request.marker.unknown', `marker [${marker.slice(0, 64)}] not found`));
  }

  private async find(server: Server, requestId: string): Promise<ObservedOperation | undefined> {
    const [operation] = await observeOperations(this.db, { ...about(server), requestId, limit: 1 });
    return operation;
  }
}

/** What is done to a server's volumes is done to the server. */
function about({ id }: Server): Pick<OperationFilter, 'resourceType' | 'resourceId' | 'orOf'> {
  return { resourceType: 'server', resourceId: id, orOf: { resourceType: 'block-device', param: 'serverId', value: id } };
}

/** Older versions end a server's history with the server. */
function requireShown(server: Server, version: VersionNumber): Server {
  if (server.state === 'deleted' && version < serverVersions.deletedHistory) throw new ServerUnknown(server.id);
  return server;
}
