import { Inject, Injectable } from '@nestjs/common';
import { QUOTA_NAMES, quotasPolicy, type QuotaName } from '@virga/contracts-network';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Quotas, type Standing } from '@virga/quota';
import { Access } from '../access/index.js';

export type Limits = Record<QuotaName, number>;

/** Neutron's quota API, a façade over the ledger. */
@Injectable()
export class QuotasService {
  constructor(@Inject(Database) private readonly db: Database, private readonly quotas: Quotas, private readonly access: Access) {}

  /** The projects that have limits of their own, with all their limits. */
  async list(caller: Caller): Promise<(Limits & { project_id: string })[]> {
    this.requireSee(caller, undefined);
    const rows = await this.db.sql<{ project_id: string; limits: Partial<Limits> }>`
      SELECT p.project_id, json_object_agg(r.resource_name, p.resource_limit) AS limits
      FROM identity.project_limit p JOIN identity.registered_limit r ON r.id = p.registered_limit_id JOIN identity.service s ON s.id = r.service_id
      WHERE s.type = 'network' AND r.resource_name = ANY(${QUOTA_NAMES}) GROUP BY p.project_id ORDER BY p.project_id`;
    const defaults = await this.quotas.defaults(this.db) as Limits;
    return rows.map((row) => ({ ...defaults, ...row.limits, project_id: row.project_id }));
  }

  async show(caller: Caller, project: string): Promise<Limits> {
    this.requireSee(caller, project);
    return await this.quotas.limits(this.db, project) as Limits;
  }

  async defaults(caller: Caller, project: string): Promise<Limits> {
    this.requireSee(caller, project);
    return await this.quotas.defaults(this.db) as Limits;
  }

  /** Limit and use of everything that is limited. */
  async standings(caller: Caller, project: string): Promise<Record<string, Standing>> {
    this.requireSee(caller, project);
    return this.quotas.standings(this.db, { project });
  }

  async update(caller: Caller, project: string, limits: Partial<Limits>): Promise<Limits> {
    this.access.requireAct(caller, quotasPolicy.update, { project_id: project });
    await this.db.transaction((tx) => this.quotas.setProjectLimits(tx, project, limits));
    return await this.quotas.limits(this.db, project) as Limits;
  }

  async delete(caller: Caller, project: string): Promise<void> {
    this.access.requireAct(caller, quotasPolicy.delete, { project_id: project });
    await this.db.transaction((tx) => this.quotas.deleteProjectLimits(tx, project));
  }

  /** Whose quota a caller is told of who does not say. */
  ownProject(caller: Caller): string {
    this.requireSee(caller, caller.projectId);
    return caller.projectId ?? '';
  }

  private requireSee(caller: Caller, project: string | undefined): void {
    this.access.requireAct(caller, quotasPolicy.get, { project_id: project });
  }
}
