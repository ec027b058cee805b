/** Checks that many of Neutron's default rules are (neutron-lib `policy.rules`, secure RBAC). */
export const ADMIN = 'rule:admin_only';
export const ADMIN_OR_SERVICE = '(rule:admin_only) or (rule:service_api)';
export const PROJECT_MEMBER = 'role:member and project_id:%(project_id)s';
export const PROJECT_READER = 'role:reader and project_id:%(project_id)s';
export const ADMIN_OR_MEMBER = `(${ADMIN}) or (${PROJECT_MEMBER})`;
export const ADMIN_OR_READER = `(${ADMIN}) or (${PROJECT_READER})`;
export const NETWORK_OWNER_MEMBER = 'role:member and rule:network_owner';
export const NETWORK_OWNER_READER = 'role:reader and rule:network_owner';
