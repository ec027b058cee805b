import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type QueryOf, type VersionNumber } from '@virga/contract';
import { quotas as contract } from '@virga/contracts-block-storage';
import { Invalid, raise, type Caller } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas, type Standing } from '@virga/quota';
import { VolumeTypesRepository } from '../volume-types/index.js';

export type Limits = Record<string, number>;
export type Standings = Record<string, Standing>;
type Wanted = BodyOf<typeof contract.updateQuotaSet>['quota_set'];

class QuotaKeyInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.quota.key', message);
  }
}

class QuotaClassUnknown extends Invalid {
  constructor(name: string) {
    super('block-storage.quota-class.unknown', `Only the quota class '${contract.DEFAULT_CLASS}' can be changed, not '${name.slice(0, 64)}'.`);
  }
}

/** Cinder's quota APIs as a façade over the unified limits; every volume type has limits of its own beside the project's. */
@Injectable()
export class QuotasService {
  constructor(private readonly db: Database, private readonly quotas: Quotas, private readonly types: VolumeTypesRepository, private readonly policy: Policy) {}

  /** The project's limits, or with `usage` also what it uses. */
  async show(caller: Caller, project: string, { usage }: QueryOf<typeof contract.showQuotaSet>): Promise<Limits | Standings> {
    this.policy.require(caller, contract.showQuotaSet.policy, { project_id: project });
    const withUsage = usage !== undefined && (isTrue(usage) ?? raise(new Invalid('block-storage.request.boolean', `Value '${usage.slice(0, 64)}' for usage is not a boolean.`)));
    const names = await this.names(this.db);
    return withUsage ? this.quotas.standings(this.db, { project }, names) : this.quotas.limits(this.db, project, names);
  }

  async defaults(caller: Caller, project: string): Promise<Limits> {
    this.policy.require(caller, contract.showQuotaDefaults.policy, { project_id: project });
    return this.quotas.defaults(this.db, await this.names(this.db));
  }

  async update(caller: Caller, project: string, wanted: Wanted): Promise<Limits> {
    this.policy.require(caller, contract.updateQuotaSet.policy, { project_id: project });
    return this.db.transaction(async (tx) => {
      const names = await this.names(tx);
      await this.quotas.setProjectLimits(tx, project, limitsFrom(wanted, names), { mustCoverUsage: true });
      return this.quotas.limits(tx, project, names);
    });
  }

  delete(caller: Caller, project: string): Promise<void> {
    this.policy.require(caller, contract.deleteQuotaSet.policy, { project_id: project });
    return this.db.transaction((tx) => this.quotas.deleteProjectLimits(tx, project));
  }

  async classLimits(caller: Caller): Promise<Limits> {
    this.policy.require(caller, contract.showQuotaClass.policy);
    return this.quotas.defaults(this.db, await this.names(this.db));
  }

  async updateClass(caller: Caller, name: string, wanted: Wanted): Promise<Limits> {
    this.policy.require(caller, contract.updateQuotaClass.policy);
    if (name !== contract.DEFAULT_CLASS) throw new QuotaClassUnknown(name);
    return this.db.transaction(async (tx) => {
      const names = await this.names(tx);
      await this.quotas.setDefaults(tx, limitsFrom(wanted, names));
      return this.quotas.defaults(tx, names);
    });
  }

  /** The caller's own standing, or as an administrator that of another project. */
  async absolute(caller: Caller, query: QueryOf<typeof contract.showLimits>, version: VersionNumber): Promise<{ standings: Standings; showsUsage: boolean }> {
    this.policy.require(caller, contract.showLimits.policy);
    const mayAsk = version >= contract.OTHER_PROJECTS_LIMITS && caller.roles.has('admin');
    const project = (mayAsk ? query.project_id ?? query.tenant_id : undefined) ?? caller.projectId ?? '';
    return {
      standings: await this.quotas.standings(this.db, { project }),
      showsUsage: this.policy.allows(caller, contract.showUsedLimits, { project_id: caller.projectId }),
    };
  }

  private async names(db: Reader): Promise<string[]> {
    const types = await this.types.names(db);
    return [...contract.QUOTA_RESOURCES, ...types.flatMap((type) => contract.TYPE_QUOTA_RESOURCES.map((resource) => `${resource}_${type}`))];
  }
}

function limitsFrom(wanted: Wanted, names: readonly string[]): Limits {
  const given = Object.entries(wanted).filter(([name]) => !contract.NON_QUOTA_KEYS.includes(name));
  const unknown = given.filter(([name]) => !names.includes(name)).map(([name]) => name.slice(0, 64));
  if (unknown.length > 0) throw new QuotaKeyInvalid(`Bad key(s) in quota set: ${unknown.join(', ')}`);
  return Object.fromEntries(given.map(([name, value]) => {
    if (!/^\s*-?\d{1,10}\s*$/.test(String(value))) throw new QuotaKeyInvalid(`${name} must be an integer.`);
    return [name, Number(value)];
  }));
}
