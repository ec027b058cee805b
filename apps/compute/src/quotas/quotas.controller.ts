import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { quotas } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { QuotasService } from './quotas.service.js';
import { absoluteView, detailsView, limitsView } from './quotas.views.js';

const projectId = (params: Readonly<Record<string, string>>): string => params['project_id'] as string;

@Controller()
export class QuotasController {
  constructor(private readonly quotas: QuotasService) {}

  @Endpoint(quotas.showQuotaSet)
  async show({ caller, params }: InputOf<typeof quotas.showQuotaSet>) {
    return { quota_set: { id: projectId(params), ...limitsView(await this.quotas.limits(caller, projectId(params))) } };
  }

  @Endpoint(quotas.showQuotaDefaults)
  async defaults({ caller, params }: InputOf<typeof quotas.showQuotaDefaults>) {
    return { quota_set: { id: projectId(params), ...limitsView(await this.quotas.defaults(caller, projectId(params))) } };
  }

  @Endpoint(quotas.showQuotaDetails)
  async details({ caller, params }: InputOf<typeof quotas.showQuotaDetails>) {
    return { quota_set: { id: projectId(params), ...detailsView(await this.quotas.details(caller, projectId(params))) } };
  }

  @Endpoint(quotas.updateQuotaSet)
  async update({ caller, params, query, body }: InputOf<typeof quotas.updateQuotaSet>) {
    return { quota_set: limitsView(await this.quotas.update(caller, projectId(params), query.user_id, body.quota_set)) };
  }

  @Endpoint(quotas.deleteQuotaSet)
  async delete({ caller, params, query }: InputOf<typeof quotas.deleteQuotaSet>) {
    await this.quotas.delete(caller, projectId(params), query.user_id);
  }

  @Endpoint(quotas.showQuotaClass)
  async showClass({ caller, params }: InputOf<typeof quotas.showQuotaClass>) {
    return { quota_class_set: { id: params['class_name'] as string, ...limitsView(await this.quotas.classLimits(caller)) } };
  }

  @Endpoint(quotas.updateQuotaClass)
  async updateClass({ caller, params, body }: InputOf<typeof quotas.updateQuotaClass>) {
    return { quota_class_set: limitsView(await this.quotas.updateClass(caller, params['class_name'] as string, body.quota_class_set)) };
  }

  @Endpoint(quotas.showLimits)
  async limits({ caller, query }: InputOf<typeof quotas.showLimits>) {
    return { limits: { rate: [], absolute: absoluteView(await this.quotas.absolute(caller, query.tenant_id)) } };
  }
}
