import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { usageAudit } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { UsageAuditService, type AuditPeriod } from './usage-audit.service.js';

@Controller()
export class UsageAuditController {
  constructor(private readonly audits: UsageAuditService) {}

  @Endpoint(usageAudit.listUsageAudits)
  async list({ caller }: InputOf<typeof usageAudit.listUsageAudits>) {
    return { instance_usage_audit_logs: view(await this.audits.period(caller, usageAudit.listUsageAudits.policy, undefined)) };
  }

  @Endpoint(usageAudit.showUsageAudit)
  async show({ caller, params }: InputOf<typeof usageAudit.showUsageAudit>) {
    return { instance_usage_audit_log: view(await this.audits.period(caller, usageAudit.showUsageAudit.policy, params['before'])) };
  }
}

function view({ begin, end, hosts }: AuditPeriod) {
  const time = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');
  return {
    period_beginning: time(begin), period_ending: time(end), num_hosts: hosts.length, num_hosts_done: 0, num_hosts_running: 0, num_hosts_not_run: hosts.length, hosts_not_run: hosts,
    total_instances: 0, total_errors: 0, overall_status: `${hosts.length === 0 ? 'ALL' : `0 of ${hosts.length}`} hosts done. 0 errors.`, log: {},
  };
}
