import { rule, type PolicyRule } from '@virga/contract';

/** Placement's base rules (policy reference, "placement"). */
export const basePlacementRules: readonly PolicyRule[] = [
  rule('admin_api', { check: 'role:admin', describe: 'Default rule for most placement APIs of older releases.' }),
  rule('service_api', { check: 'role:service', describe: 'Default rule for APIs between services.' }),
  rule('admin_or_service_api', { check: 'role:admin or role:service', describe: 'Default rule for most placement APIs.' }),
  rule('project_reader_api', { check: 'role:reader and project_id:%(project_id)s', describe: 'Readers of a project.' }),
  rule('admin_or_project_reader_or_service_api', {
    check: 'role:admin or rule:project_reader_api or role:service', describe: 'Default rule for what readers of a project may see.',
  }),
];

export const ADMIN_OR_SERVICE = 'rule:admin_or_service_api';

/** A rule of the placement API, `placement:` left out. */
export function placementRule(name: string, describe: string, check = ADMIN_OR_SERVICE): PolicyRule {
  return rule(`placement:${name}`, { check, describe });
}
