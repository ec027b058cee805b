import type { AnyEndpoint, PolicyRule } from '@virga/contract';
import * as aggregates from './aggregates.contract.js';
import * as extensions from './extensions.contract.js';
import * as externalEvents from './external-events.contract.js';
import * as flavors from './flavors.contract.js';
import * as hypervisors from './hypervisors.contract.js';
import * as keypairs from './keypairs.contract.js';
import * as migrations from './migrations.contract.js';
import * as proxies from './network-proxies.contract.js';
import * as quotas from './quotas.contract.js';
import { baseRules } from './rules.js';
import * as actions from './server-actions.contract.js';
import * as addresses from './server-addresses.contract.js';
import * as create from './server-create.contract.js';
import * as fixedIps from './fixed-ips.contract.js';
import * as groups from './server-groups.contract.js';
import * as history from './server-history.contract.js';
import * as interfaces from './server-interfaces.contract.js';
import * as metadata from './server-metadata.contract.js';
import * as password from './server-password.contract.js';
import * as servers from './servers.contract.js';
import * as volumes from './server-volumes.contract.js';
import * as tags from './server-tags.contract.js';
import * as services from './services.contract.js';
import * as usage from './usage.contract.js';
import * as usageAudit from './usage-audit.contract.js';
import * as versions from './versions.contract.js';

/** The files of declarations; a new resource adds its own here. */
const files = [
  servers, create, actions, metadata, tags, addresses, interfaces, volumes, history, groups, fixedIps, versions,
  aggregates, extensions, externalEvents, flavors, hypervisors, keypairs, migrations, password, proxies, quotas, services, usage, usageAudit,
];

/** Every endpoint of the compute API by its name: for the server, the documents, and the tests that run over all of them. */
export const computeEndpoints: Readonly<Record<string, AnyEndpoint>> = Object.fromEntries(files.flatMap((file) => Object.entries(file)).filter(isEndpoint));

/** Every rule of the compute API, once. */
export const computeRules: readonly PolicyRule[] = [...new Map([
  ...baseRules,
  ...Object.values(computeEndpoints).flatMap(({ spec }) => [...(spec.policy === 'public' ? [] : [spec.policy]), ...(spec.alsoConsults ?? [])]),
].map((rule) => [rule.name, rule])).values()];

function isEndpoint(entry: [string, unknown]): entry is [string, AnyEndpoint] {
  const [, value] = entry;
  return typeof value === 'object' && value !== null && 'spec' in value && 'statusAt' in value;
}
