import { endpoint, T } from '@virga/contract';
import { ADMIN, computeRule } from './rules.js';

const Log = T.Object({
  period_beginning: T.String(), period_ending: T.String(), num_hosts: T.Integer(), num_hosts_done: T.Integer(), num_hosts_running: T.Integer(), num_hosts_not_run: T.Integer(),
  hosts_not_run: T.Array(T.String()), total_instances: T.Integer(), total_errors: T.Integer(), overall_status: T.String(), log: T.Record(T.String(), T.Unknown()),
});

export const listUsageAudits = endpoint({
  route: 'GET /os-instance_usage_audit_log', summary: 'Tell on which hosts the usage of the last month was audited.', view: T.Object({ instance_usage_audit_logs: Log }), replies: 200,
  policy: computeRule('os-instance-usage-audit-log:list', ADMIN, 'List all usage audits.'),
});
export const showUsageAudit = endpoint({
  route: 'GET /os-instance_usage_audit_log/{before}', summary: 'The same for the month before a moment.', view: T.Object({ instance_usage_audit_log: Log }), replies: 200,
  policy: computeRule('os-instance-usage-audit-log:show', ADMIN, 'List usage audits that occurred before a moment.'), fails: ['compute.usage-audit.time'],
});
