import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { volumeMetadata as contract } from '@virga/contracts-block-storage';
import { Invalid, NotFound, ownEntry, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { requireEditable, VolumeAccess, VolumesRepository } from '../volumes/index.js';
import { requireMatch } from './metadata-tag.js';

type Metadata = Record<string, string>;

class EntryUnknown extends NotFound {
  constructor(id: string, key: string) {
    super('block-storage.volume.metadata-unknown', `Volume ${id} has no metadata with key ${key.slice(0, 255)}.`);
  }
}

/** What users write beside a volume. */
@Injectable()
export class VolumeMetadata {
  constructor(private readonly db: Database, private readonly volumes: VolumesRepository, private readonly access: VolumeAccess) {}

  async list(caller: Caller, id: string): Promise<Metadata> {
    return (await this.access.require(caller, contract.listVolumeMetadata.policy, id)).metadata;
  }

  async entry(caller: Caller, id: string, key: string): Promise<Metadata> {
    const volume = await this.access.require(caller, contract.showVolumeMetadataEntry.policy, id);
    return entryOf(volume, key);
  }

  add(caller: Caller, id: string, added: Metadata): Promise<Metadata> {
    return this.change(caller, contract.addVolumeMetadata.policy, id, undefined, (metadata) => ({ ...metadata, ...added }));
  }

  /** `ifMatch`: only what the caller has seen is replaced. */
  replace(caller: Caller, id: string, metadata: Metadata, ifMatch: string | string[] | undefined): Promise<Metadata> {
    return this.change(caller, contract.replaceVolumeMetadata.policy, id, ifMatch, () => metadata);
  }

  async set(caller: Caller, id: string, key: string, given: Metadata, ifMatch: string | string[] | undefined): Promise<Metadata> {
    const entry = requireOnly(given, key);
    await this.change(caller, contract.setVolumeMetadataEntry.policy, id, ifMatch, (metadata) => ({ ...metadata, ...entry }));
    return entry;
  }

  async delete(caller: Caller, id: string, key: string): Promise<void> {
    await this.change(caller, contract.deleteVolumeMetadataEntry.policy, id, undefined, (metadata) => {
      entryOf({ id, metadata }, key);
      return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key));
    });
  }

  private async change(
    caller: Caller, rule: PolicyRule, id: string, ifMatch: string | string[] | undefined, next: (metadata: Metadata) => Metadata,
  ): Promise<Metadata> {
    const { id: known } = await this.access.require(caller, rule, id);
    return this.db.transaction(async (tx) => {
      const volume = await this.volumes.lock(tx, known);
      requireMatch(ifMatch, volume.metadata);
      requireEditable(volume);
      return (await this.volumes.edit(tx, volume, { metadata: next(volume.metadata) })).metadata;
    });
  }
}

function entryOf({ id, metadata }: { id: string; metadata: Metadata }, key: string): Metadata {
  const value = ownEntry(metadata, key);
  if (value === undefined) throw new EntryUnknown(id, key);
  return { [key]: value };
}

function requireOnly(given: Metadata, key: string): Metadata {
  if (!Object.hasOwn(given, key)) throw new Invalid('block-storage.volume.metadata-key', 'Request body and URI mismatch');
  if (Object.keys(given).length > 1) throw new Invalid('block-storage.volume.metadata-key', 'Request body contains too many items');
  return given;
}
