import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { quotas as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { QuotasService } from './quotas.service.js';
import { absoluteView, quotaSetView } from './quotas.views.js';

type Params = Readonly<Record<string, string>>;
const projectId = (params: Params): string => params['project_id'] as string;
const className = (params: Params): string => params['class_name'] as string;

@Controller()
export class QuotasController {
  constructor(private readonly quotas: QuotasService) {}

  @Endpoint(contract.showQuotaSet)
  async show({ caller, params, query }: InputOf<typeof contract.showQuotaSet>) {
    return { quota_set: { id: projectId(params), ...quotaSetView(await this.quotas.show(caller, projectId(params), query)) } };
  }

  @Endpoint(contract.showQuotaDefaults)
  async defaults({ caller, params }: InputOf<typeof contract.showQuotaDefaults>) {
    return { quota_set: { id: projectId(params), ...quotaSetView(await this.quotas.defaults(caller, projectId(params))) } };
  }

  @Endpoint(contract.updateQuotaSet)
  async update({ caller, params, body }: InputOf<typeof contract.updateQuotaSet>) {
    return { quota_set: quotaSetView(await this.quotas.update(caller, projectId(params), body.quota_set)) };
  }

  @Endpoint(contract.deleteQuotaSet)
  async delete({ caller, params }: InputOf<typeof contract.deleteQuotaSet>) {
    await this.quotas.delete(caller, projectId(params));
  }

  @Endpoint(contract.showQuotaClass)
  async showClass({ caller, params }: InputOf<typeof contract.showQuotaClass>) {
    return { quota_class_set: { id: className(params), ...quotaSetView(await this.quotas.classLimits(caller)) } };
  }

  @Endpoint(contract.updateQuotaClass)
  async updateClass({ caller, params, body }: InputOf<typeof contract.updateQuotaClass>) {
    return { quota_class_set: quotaSetView(await this.quotas.updateClass(caller, className(params), body.quota_class_set)) };
  }

  @Endpoint(contract.showLimits)
  async limits({ caller, query, version }: InputOf<typeof contract.showLimits>) {
    return { limits: { rate: [], absolute: absoluteView(await this.quotas.absolute(caller, query, version)) } };
  }
}
