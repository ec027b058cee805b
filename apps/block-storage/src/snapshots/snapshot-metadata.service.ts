import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { snapshots as contract } from '@virga/contracts-block-storage';
import { Invalid, raise, ownEntry, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { SnapshotAccess } from './snapshot-access.js';
import { MetadataEntryUnknown } from './snapshot-faults.js';
import { SnapshotsRepository } from './snapshots.repository.js';

type Metadata = Record<string, string>;

/** What users write beside a snapshot. */
@Injectable()
export class SnapshotMetadata {
  constructor(private readonly db: Database, private readonly snapshots: SnapshotsRepository, private readonly access: SnapshotAccess) {}

  async list(caller: Caller, id: string): Promise<Metadata> {
    return (await this.access.require(caller, contract.getSnapshotMetadataRule, id)).metadata;
  }

  async entry(caller: Caller, id: string, key: string): Promise<Metadata> {
    return entryOf(id, await this.list(caller, id), key);
  }

  add(caller: Caller, id: string, added: Metadata): Promise<Metadata> {
    return this.change(caller, contract.addSnapshotMetadata.policy, id, (metadata) => ({ ...metadata, ...added }));
  }

  replace(caller: Caller, id: string, metadata: Metadata): Promise<Metadata> {
    return this.change(caller, contract.replaceSnapshotMetadata.policy, id, () => metadata);
  }

  async set(caller: Caller, id: string, key: string, given: Metadata): Promise<Metadata> {
    return entryOf(id, await this.change(caller, contract.setSnapshotMetadataEntry.policy, id, (metadata) => ({ ...metadata, ...requireOnly(given, key) })), key);
  }

  async delete(caller: Caller, id: string, key: string): Promise<void> {
    await this.change(caller, contract.deleteSnapshotMetadataEntry.policy, id, (metadata) => {
      entryOf(id, metadata, key);
      return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key));
    });
  }

  private async change(caller: Caller, rule: PolicyRule, id: string, next: (metadata: Metadata) => Metadata): Promise<Metadata> {
    const { id: known } = await this.access.require(caller, rule, id);
    return this.db.transaction(async (tx) => {
      const snapshot = await this.snapshots.lock(tx, known);
      return (await this.snapshots.edit(tx, snapshot, { metadata: next(snapshot.metadata) })).metadata;
    });
  }
}

function entryOf(id: string, metadata: Metadata, key: string): Metadata {
  const value = ownEntry(metadata, key);
  return value === undefined ? raise(new MetadataEntryUnknown(id, key)) : { [key]: value };
}

function requireOnly(given: Metadata, key: string): Metadata {
  if (!Object.hasOwn(given, key)) throw new Invalid('block-storage.snapshot.metadata-key', 'Request body and URI mismatch');
  if (Object.keys(given).length > 1) throw new Invalid('block-storage.snapshot.metadata-key', 'Request body contains too many items');
  return given;
}
