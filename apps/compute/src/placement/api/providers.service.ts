import { Injectable } from '@nestjs/common';
import type { BodyOf, QueryOf, VersionNumber } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { newId, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Names } from './names.js';
import { ParentInvalid, type Provider } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';
import { dashed, parseMemberOf, parseRequired, parseResources } from './queries.js';

@Injectable()
export class ProvidersService {
  constructor(private readonly db: Database, private readonly providers: ProvidersRepository, private readonly names: Names, private readonly policy: Policy) {}

  async list(caller: Caller, query: QueryOf<typeof placement.listProviders>, version: VersionNumber): Promise<Provider[]> {
    this.policy.require(caller, placement.listProviders.policy);
    const resources = query.resources === undefined ? undefined : parseResources(query.resources);
    const traits = parseRequired(query.required, version);
    await this.names.requireClasses(this.db, Object.keys(resources ?? {}));
    await this.names.requireTraits(this.db, [...traits.required.flat(), ...traits.forbidden]);
    return this.providers.list(this.db, { name: query.name, uuid: query.uuid, inTree: query.in_tree, resources, membership: parseMemberOf(query.member_of, version), traits });
  }

  async get(caller: Caller, uuid: string): Promise<Provider> {
    this.policy.require(caller, placement.showProvider.policy);
    return this.providers.get(this.db, uuid);
  }

  create(caller: Caller, { name, uuid: wanted, parent_provider_uuid: parent }: BodyOf<typeof placement.createProvider>): Promise<Provider> {
    this.policy.require(caller, placement.createProvider.policy);
    const uuid = wanted === undefined ? newId() : dashed(wanted);
    return this.db.transaction(async (tx) => {
      if (parent === undefined || parent === null) return this.providers.insert(tx, { uuid, name, parent: null, root: uuid });
      const above = await this.parent(tx, parent);
      return this.providers.insert(tx, { uuid, name, parent: above.uuid, root: above.root });
    });
  }

  update(caller: Caller, uuid: string, { name, parent_provider_uuid: parent }: BodyOf<typeof placement.updateProvider>, version: VersionNumber): Promise<Provider> {
    this.policy.require(caller, placement.updateProvider.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.providers.lock(tx, uuid);
      await this.providers.rename(tx, seen.uuid, name);
      const wanted = typeof parent === 'string' ? dashed(parent) : parent;
      if (wanted !== undefined && wanted !== seen.parent) await this.move(tx, seen, wanted, version);
      return this.providers.get(tx, seen.uuid);
    });
  }

  delete(caller: Caller, uuid: string): Promise<void> {
    this.policy.require(caller, placement.deleteProvider.policy);
    return this.db.transaction(async (tx) => {
      const seen = await this.providers.lock(tx, uuid);
      await this.providers.delete(tx, seen.uuid);
    });
  }

  /** A root may be hung under another provider; taking one from its parent again came later. */
  private async move(tx: Tx, seen: Provider, parent: string | null, version: VersionNumber): Promise<void> {
    if (seen.parent !== null && version < placement.placementVersions.reparenting) throw new ParentInvalid('re-parenting a provider is not currently allowed.');
    const subtree = await this.providers.subtree(tx, seen.uuid);
    if (parent === null) return this.providers.move(tx, subtree, seen.uuid, { parent: null, root: seen.uuid });
    if (subtree.includes(parent)) throw new ParentInvalid('creating loop in the provider tree is not allowed.');
    const above = await this.parent(tx, parent);
    return this.providers.move(tx, subtree, seen.uuid, { parent: above.uuid, root: above.root });
  }

  private async parent(tx: Tx, uuid: string): Promise<Provider> {
    const parent = await this.providers.find(tx, uuid);
    if (parent === undefined) throw new ParentInvalid('parent provider UUID does not exist.');
    return parent;
  }
}
