import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule } from '@virga/contract';
import { quotas } from '@virga/contracts-compute';
import { Invalid, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas, type Standing } from '@virga/quota';
import { Projects } from '../projects/index.js';

type Wanted = Partial<Record<quotas.QuotaResourceName, number | string | undefined>>;
type QuotaUpdate = BodyOf<typeof quotas.updateQuotaSet>['quota_set'];
export type Limits = Record<string, number>;
export type Standings = Record<string, Standing>;

/** Limits belong to projects: Nova's per-user ones were never more than a share of them, and unified limits know none. */
class LimitsPerUser extends Invalid {
  constructor() {
    super('compute.quota.per-user', 'Limits of single users are not supported; set those of the project.');
  }
}

class QuotaClassUnknown extends Invalid {
  constructor(name: string) {
    super('compute.quota-class.unknown', `Only the quota class '${quotas.DEFAULT_CLASS}' can be changed, not '${name.slice(0, 64)}'.`);
  }
}

/** Nova's quota APIs as a façade over the unified limits. */
@Injectable()
export class QuotasService {
  constructor(private readonly db: Database, private readonly quotas: Quotas, private readonly projects: Projects, private readonly policy: Policy) {}

  async limits(caller: Caller, project: string): Promise<Limits> {
    await this.require(caller, quotas.showQuotaSet.policy, project);
    return this.quotas.limits(this.db, project);
  }

  async defaults(caller: Caller, project: string): Promise<Limits> {
    await this.require(caller, quotas.showQuotaDefaults.policy, project);
    return this.quotas.defaults(this.db);
  }

  async details(caller: Caller, project: string): Promise<Standings> {
    await this.require(caller, quotas.showQuotaDetails.policy, project);
    return this.quotas.standings(this.db, { project });
  }

  async update(caller: Caller, project: string, user: string | undefined, { force, ...wanted }: QuotaUpdate): Promise<Limits> {
    await this.require(caller, quotas.updateQuotaSet.policy, project);
    if (user !== undefined) throw new LimitsPerUser();
    const limits = limitsFrom(wanted);
    return this.db.transaction(async (tx) => {
      await this.quotas.setProjectLimits(tx, project, limits, { mustCoverUsage: isTrue(force) !== true });
      return this.quotas.limits(tx, project);
    });
  }

  async delete(caller: Caller, project: string, user: string | undefined): Promise<void> {
    this.policy.require(caller, quotas.deleteQuotaSet.policy, { project_id: project });
    if (user !== undefined) throw new LimitsPerUser();
    await this.db.transaction((tx) => this.quotas.deleteProjectLimits(tx, project));
  }

  async classLimits(caller: Caller): Promise<Limits> {
    this.policy.require(caller, quotas.showQuotaClass.policy);
    return this.quotas.defaults(this.db);
  }

  async updateClass(caller: Caller, name: string, wanted: Wanted): Promise<Limits> {
    this.policy.require(caller, quotas.updateQuotaClass.policy);
    if (name !== quotas.DEFAULT_CLASS) throw new QuotaClassUnknown(name);
    return this.db.transaction(async (tx) => {
      await this.quotas.setDefaults(tx, limitsFrom(wanted));
      return this.quotas.defaults(tx);
    });
  }

  /** The caller's own standing, or with its rule that of another project. */
  async absolute(caller: Caller, project: string | undefined): Promise<Standings> {
    this.policy.require(caller, quotas.showLimits.policy);
    if (project !== undefined) this.policy.require(caller, quotas.otherProjectLimits);
    return this.quotas.standings(this.db, { project: project ?? caller.projectId ?? '' });
  }

  private async require(caller: Caller, rule: PolicyRule, project: string): Promise<void> {
    this.policy.require(caller, rule, { project_id: project });
    await this.projects.require(project);
  }
}

function limitsFrom(wanted: Wanted): Limits {
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined).map(([name, value]) => [name, Number(value)]));
}
