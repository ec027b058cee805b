import { Controller, Inject } from '@nestjs/common';
import type { BodyOf, InputOf, OutputOf } from '@virga/contract';
import {
  QUOTA_NAMES, deleteQuota, listQuotas, quotasPolicy, showOwnProject, showOwnProjectAsProject, showQuota, showQuotaDefaults, showQuotaDetails, showQuotaDetailsPlain, updateQuota,
  type QuotaName,
} from '@virga/contracts-network';
import type { Caller } from '@virga/kernel';
import { Endpoint } from '@virga/http';
import { Database } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access } from '../access/index.js';

type Limits = Record<QuotaName, number>;
type QuotaChanges = BodyOf<typeof updateQuota>['quota'];

/** Neutron's quota API, a façade over the ledger. */
@Controller()
export class QuotasController {
  constructor(@Inject(Database) private readonly db: Database, private readonly quotas: Quotas, private readonly access: Access) {}

  @Endpoint(listQuotas)
  async list({ caller }: InputOf<typeof listQuotas>): Promise<OutputOf<typeof listQuotas>> {
    this.requireSee(caller, undefined);
    const rows = await this.db.sql<{ project_id: string }>`
      SELECT DISTINCT p.project_id FROM identity.project_limit p
        JOIN identity.registered_limit r ON r.id = p.registered_limit_id JOIN identity.service s ON s.id = r.service_id
      WHERE s.type = 'network' ORDER BY 1 LIMIT 1000`;
    const quotas = [];
    for (const { project_id: project } of rows) quotas.push({ ...await this.limits(project), project_id: project, tenant_id: project });
    return { quotas };
  }

  @Endpoint(showOwnProject)
  ownProject({ caller }: InputOf<typeof showOwnProject>): OutputOf<typeof showOwnProject> {
    return { tenant: this.project(caller) };
  }

  @Endpoint(showOwnProjectAsProject)
  ownProjectAsProject({ caller }: InputOf<typeof showOwnProjectAsProject>): OutputOf<typeof showOwnProjectAsProject> {
    return { project: this.project(caller) };
  }

  @Endpoint(showQuota)
  async show({ caller, params }: InputOf<typeof showQuota>): Promise<OutputOf<typeof showQuota>> {
    this.requireSee(caller, params['project_id']);
    return { quota: await this.limits(params['project_id'] ?? '') };
  }

  @Endpoint(showQuotaDefaults)
  async showDefaults({ caller, params }: InputOf<typeof showQuotaDefaults>): Promise<OutputOf<typeof showQuotaDefaults>> {
    this.requireSee(caller, params['project_id']);
    return { quota: await this.quotas.defaults(this.db) as Limits };
  }

  @Endpoint(showQuotaDetails)
  showDetails(input: InputOf<typeof showQuotaDetails>): Promise<OutputOf<typeof showQuotaDetails>> {
    return this.details(input.caller, input.params['project_id'] ?? '');
  }

  @Endpoint(showQuotaDetailsPlain)
  showDetailsPlain(input: InputOf<typeof showQuotaDetailsPlain>): Promise<OutputOf<typeof showQuotaDetailsPlain>> {
    return this.details(input.caller, input.params['project_id'] ?? '');
  }

  @Endpoint(updateQuota)
  async update({ caller, params, body }: InputOf<typeof updateQuota>): Promise<OutputOf<typeof updateQuota>> {
    const project = params['project_id'] ?? '';
    this.access.requireAct(caller, quotasPolicy.update, { project_id: project });
    await this.db.transaction((tx) => this.quotas.setProjectLimits(tx, project, limitsOf(body.quota)));
    return { quota: await this.limits(project) };
  }

  @Endpoint(deleteQuota)
  async delete({ caller, params }: InputOf<typeof deleteQuota>): Promise<void> {
    const project = params['project_id'] ?? '';
    this.access.requireAct(caller, quotasPolicy.delete, { project_id: project });
    await this.db.transaction((tx) => this.quotas.deleteProjectLimits(tx, project));
  }

  private async details(caller: Caller, project: string): Promise<OutputOf<typeof showQuotaDetails>> {
    this.requireSee(caller, project);
    const standings = await this.quotas.standings(this.db, { project });
    const entries = QUOTA_NAMES.map((name) => [name, { limit: standings[name]?.limit ?? -1, used: standings[name]?.used ?? 0, reserved: 0 }] as const);
    return { quota: Object.fromEntries(entries) as Record<QuotaName, { limit: number; used: number; reserved: number }> };
  }

  private requireSee(caller: Caller, project: string | undefined): void {
    this.access.requireAct(caller, quotasPolicy.get, { project_id: project });
  }

  private project(caller: Caller): { project_id: string; tenant_id: string } {
    this.requireSee(caller, caller.projectId);
    return { project_id: caller.projectId ?? '', tenant_id: caller.projectId ?? '' };
  }

  private async limits(project: string): Promise<Limits> {
    return await this.quotas.limits(this.db, project) as Limits;
  }
}

function limitsOf(changes: QuotaChanges): Partial<Limits> {
  return Object.fromEntries(QUOTA_NAMES.flatMap((name) => {
    const limit = changes[name];
    return limit === undefined ? [] : [[name, Number(limit)] as const];
  }));
}
