import type { QuotaName } from '@virga/contracts-network';
import { fragment, type Fragment } from '@virga/persistence';
import type { QuotaDeclaration, QuotaResource } from '@virga/quota';

/** Neutron's defaults (`[quotas]` of neutron.conf). */
const LIMITS: Readonly<Record<QuotaName, number>> = {
  network: 100, subnet: 100, subnetpool: -1, port: 500, router: 10, floatingip: 50, security_group: 10, security_group_rule: 100,
};

const USAGE: Readonly<Record<QuotaName, (project: string) => Fragment>> = {
  network: (project) => fragment`SELECT count(*) FROM network WHERE project_id = ${project}`,
  subnet: (project) => fragment`SELECT count(*) FROM subnet WHERE project_id = ${project}`,
  subnetpool: (project) => fragment`SELECT count(*) FROM subnetpool WHERE project_id = ${project}`,
  // A network's metadata port is nobody's wish.
  port: (project) => fragment`SELECT count(*) FROM port WHERE project_id = ${project} AND device_owner <> 'network:distributed'`,
  router: (project) => fragment`SELECT count(*) FROM router WHERE project_id = ${project}`,
  floatingip: (project) => fragment`SELECT count(*) FROM floatingip WHERE project_id = ${project}`,
  security_group: (project) => fragment`SELECT count(*) FROM security_group WHERE project_id = ${project}`,
  security_group_rule: (project) => fragment`SELECT count(*) FROM security_group_rule WHERE project_id = ${project}`,
};

const resources: QuotaResource[] = (Object.keys(LIMITS) as QuotaName[]).map((name) => ({ name, defaultLimit: LIMITS[name], usage: USAGE[name] }));

/** What the network service limits, and how much of it a project uses. */
export const networkQuotas: QuotaDeclaration = { serviceType: 'network', resources };
