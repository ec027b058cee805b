import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import {
  addServerMetadata, deleteServerMetadataEntry, listServerMetadata, replaceServerMetadata, setServerMetadataEntry, showServerMetadataEntry,
} from '@virga/contracts-compute';
import { Invalid, NotFound, ownEntry, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { ServerAccess } from './server-access.js';
import { requireState } from './server-state-conflict.js';
import { ServersRepository } from './servers.repository.js';

type Metadata = Record<string, string>;

class EntryUnknown extends NotFound {
  constructor() {
    super('compute.server.metadata-unknown', 'Metadata item was not found');
  }
}

/** What users write beside a server. */
@Injectable()
export class ServerMetadata {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly quotas: Quotas,
  ) {}

  async list(caller: Caller, id: string): Promise<Metadata> {
    return (await this.access.require(caller, listServerMetadata.policy, id)).metadata;
  }

  async entry(caller: Caller, id: string, key: string): Promise<Metadata> {
    const { metadata } = await this.access.require(caller, showServerMetadataEntry.policy, id);
    return entryOf(metadata, key);
  }

  add(caller: Caller, id: string, added: Metadata): Promise<Metadata> {
    return this.change(caller, addServerMetadata.policy, id, 'update metadata', (metadata) => ({ ...metadata, ...added }));
  }

  replace(caller: Caller, id: string, metadata: Metadata): Promise<Metadata> {
    return this.change(caller, replaceServerMetadata.policy, id, 'update metadata', () => metadata);
  }

  async set(caller: Caller, id: string, key: string, given: Metadata): Promise<Metadata> {
    const changed = await this.change(caller, setServerMetadataEntry.policy, id, 'update metadata', (metadata) => ({ ...metadata, ...requireOnly(given, key) }));
    return entryOf(changed, key);
  }

  async delete(caller: Caller, id: string, key: string): Promise<void> {
    await this.change(caller, deleteServerMetadataEntry.policy, id, 'delete metadata', (metadata) => {
      const { [key]: gone, ...rest } = metadata;
      if (gone === undefined) throw new EntryUnknown();
      return rest;
    });
  }

  private async change(caller: Caller, rule: PolicyRule, id: string, action: string, next: (metadata: Metadata) => Metadata): Promise<Metadata> {
    const { id: known } = await this.access.require(caller, rule, id);
    return this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, known);
      this.access.requireUnlocked(caller, server);
      requireState(server, action, ['active', 'paused', 'stopped'], { anyTask: true });
      const metadata = next(server.metadata);
      const isLarger = Object.keys(metadata).length > Object.keys(server.metadata).length;
      if (isLarger) await this.quotas.charge(tx, { project: server.projectId }, { metadata_items: Object.keys(metadata).length });
      return (await this.servers.edit(tx, server, { metadata })).metadata;
    });
  }
}

function entryOf(metadata: Metadata, key: string): Metadata {
  const value = ownEntry(metadata, key);
  if (value === undefined) throw new EntryUnknown();
  return { [key]: value };
}

function requireOnly(given: Metadata, key: string): Metadata {
  const keys = Object.keys(given);
  if (keys.length > 1) throw new Invalid('compute.server.metadata-key', 'Request body contains too many items');
  if (keys[0] !== key) throw new Invalid('compute.server.metadata-key', 'Request body and URI mismatch');
  return given;
}
