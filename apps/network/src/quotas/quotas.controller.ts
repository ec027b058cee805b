import { Controller } from '@nestjs/common';
import type { BodyOf, InputOf, OutputOf } from '@virga/contract';
import {
  QUOTA_NAMES, deleteQuota, listQuotas, showOwnProject, showOwnProjectAsProject, showQuota, showQuotaDefaults, showQuotaDetails, showQuotaDetailsPlain, updateQuota,
} from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import type { Standing } from '@virga/quota';
import { QuotasService, type Limits } from './quotas.service.js';

@Controller()
export class QuotasController {
  constructor(private readonly quotas: QuotasService) {}

  @Endpoint(listQuotas)
  async list({ caller }: InputOf<typeof listQuotas>): Promise<OutputOf<typeof listQuotas>> {
    return { quotas: (await this.quotas.list(caller)).map((limits) => ({ ...limits, tenant_id: limits.project_id })) };
  }

  @Endpoint(showOwnProject)
  ownProject({ caller }: InputOf<typeof showOwnProject>): OutputOf<typeof showOwnProject> {
    return { tenant: projectView(this.quotas.ownProject(caller)) };
  }

  @Endpoint(showOwnProjectAsProject)
  ownProjectAsProject({ caller }: InputOf<typeof showOwnProjectAsProject>): OutputOf<typeof showOwnProjectAsProject> {
    return { project: projectView(this.quotas.ownProject(caller)) };
  }

  @Endpoint(showQuota)
  async show({ caller, params }: InputOf<typeof showQuota>): Promise<OutputOf<typeof showQuota>> {
    return { quota: await this.quotas.show(caller, params['project_id'] ?? '') };
  }

  @Endpoint(showQuotaDefaults)
  async showDefaults({ caller, params }: InputOf<typeof showQuotaDefaults>): Promise<OutputOf<typeof showQuotaDefaults>> {
    return { quota: await this.quotas.defaults(caller, params['project_id'] ?? '') };
  }

  @Endpoint(showQuotaDetails)
  async showDetails({ caller, params }: InputOf<typeof showQuotaDetails>): Promise<OutputOf<typeof showQuotaDetails>> {
    return { quota: detailsView(await this.quotas.standings(caller, params['project_id'] ?? '')) };
  }

  @Endpoint(showQuotaDetailsPlain)
  async showDetailsPlain({ caller, params }: InputOf<typeof showQuotaDetailsPlain>): Promise<OutputOf<typeof showQuotaDetailsPlain>> {
    return { quota: detailsView(await this.quotas.standings(caller, params['project_id'] ?? '')) };
  }

  @Endpoint(updateQuota)
  async update({ caller, params, body }: InputOf<typeof updateQuota>): Promise<OutputOf<typeof updateQuota>> {
    return { quota: await this.quotas.update(caller, params['project_id'] ?? '', limitsOf(body.quota)) };
  }

  @Endpoint(deleteQuota)
  async delete({ caller, params }: InputOf<typeof deleteQuota>): Promise<void> {
    await this.quotas.delete(caller, params['project_id'] ?? '');
  }
}

function projectView(project: string): { project_id: string; tenant_id: string } {
  return { project_id: project, tenant_id: project };
}

function detailsView(standings: Record<string, Standing>) {
  const entries = QUOTA_NAMES.map((name) => [name, { limit: standings[name]?.limit ?? -1, used: standings[name]?.used ?? 0, reserved: 0 }] as const);
  return Object.fromEntries(entries) as Record<keyof Limits, { limit: number; used: number; reserved: number }>;
}

function limitsOf(changes: BodyOf<typeof updateQuota>['quota']): Partial<Limits> {
  return Object.fromEntries(QUOTA_NAMES.flatMap((name) => {
    const limit = changes[name];
    return limit === undefined ? [] : [[name, Number(limit)] as const];
  }));
}
