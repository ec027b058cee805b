import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import { usage } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { UsageService, type UsageReport } from './usage.service.js';
import { projectViews } from './usage.views.js';

@Controller()
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Endpoint(usage.listUsage)
  async list({ caller, query, request }: InputOf<typeof usage.listUsage>) {
    const report = await this.usage.report(caller, usage.listUsage.policy, undefined, query);
    return { tenant_usages: projectViews(report, { isDetailed: query.detailed === '1' }), ...links('tenant_usages_links', report, request) };
  }

  @Endpoint(usage.showUsage)
  async show({ caller, params, query, request }: InputOf<typeof usage.showUsage>) {
    const report = await this.usage.report(caller, usage.showUsage.policy, params['project_id'] as string, query);
    return { tenant_usage: projectViews(report, { isDetailed: true })[0] ?? {}, ...links('tenant_usage_links', report, request) };
  }
}

function links<Name extends string>(name: Name, { servers, limit }: UsageReport, request: RequestFacts) {
  return nextLinks(name, request, { limit, found: servers.length, last: servers.at(-1)?.id });
}
