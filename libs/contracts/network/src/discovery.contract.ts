import { T, endpoint } from '@virga/contract';
import { ListQuery, ShowQuery } from './attributes.js';
import { agentsPolicy, discoveryPolicy } from './rules/index.js';

const Link = T.Object({ rel: T.String(), href: T.String() });
const Extension = T.Object({ alias: T.String(), name: T.String(), description: T.String(), updated: T.String(), links: T.Array(T.Any()) });
const Agent = T.Object({
  id: T.String(), agent_type: T.String(), binary: T.String(), host: T.String(), topic: T.String(), availability_zone: T.String(),
  alive: T.Boolean(), admin_state_up: T.Boolean(), created_at: T.String(), started_at: T.String(), heartbeat_timestamp: T.String(),
  description: T.String(), configurations: T.Object({}, { additionalProperties: true }), resources_synced: T.Null(),
});
const SubnetUse = T.Object({
  subnet_id: T.String(), subnet_name: T.String(), cidr: T.String(), ip_version: T.Integer(), total_ips: T.Number(), used_ips: T.Number(),
});
const NetworkUse = T.Object({
  network_id: T.String(), network_name: T.String(), project_id: T.String(), tenant_id: T.String(),
  total_ips: T.Number(), used_ips: T.Number(), subnet_ip_availability: T.Array(SubnetUse),
});

export const showVersions = endpoint({
  route: 'GET /', summary: 'The API versions', atRoot: true, replies: 200, policy: 'public',
  view: T.Object({ versions: T.Array(T.Object({ id: T.String(), status: T.String(), links: T.Array(Link) })) }),
});
export const showVersion = endpoint({
  route: 'GET /', summary: 'What version 2.0 consists of', replies: 200, policy: discoveryPolicy.extensions,
  view: T.Object({ resources: T.Array(T.Object({ name: T.String(), collection: T.String(), links: T.Array(Link) })) }),
});
export const listExtensions = endpoint({
  route: 'GET /extensions', summary: 'List what the API can do', query: ListQuery, view: T.Object({ extensions: T.Array(T.Partial(Extension)) }), replies: 200, policy: discoveryPolicy.extensions,
  cli: { command: 'extension list' },
});
export const showExtension = endpoint({
  route: 'GET /extensions/{alias}', summary: 'Show an extension', query: ShowQuery, view: T.Object({ extension: T.Partial(Extension) }), replies: 200, policy: discoveryPolicy.extensions,
  fails: ['network.extension.not-found'], cli: { command: 'extension show' },
});
export const listAgents = endpoint({
  route: 'GET /agents', summary: 'List the controllers on the hosts', query: ListQuery, view: T.Object({ agents: T.Array(T.Partial(Agent)) }), replies: 200, policy: agentsPolicy.get,
  cli: { command: 'network agent list', columns: ['id', 'agent_type', 'host', 'alive', 'admin_state_up'] },
});
export const showAgent = endpoint({
  route: 'GET /agents/{agent_id}', summary: 'Show the controller on a host', query: ShowQuery, view: T.Object({ agent: T.Partial(Agent) }), replies: 200, policy: agentsPolicy.get,
  fails: ['network.agent.not-found'], cli: { command: 'network agent show' },
});
export const listAvailabilityZones = endpoint({
  route: 'GET /availability_zones', summary: 'List the availability zones', query: ListQuery,
  view: T.Object({ availability_zones: T.Array(T.Partial(T.Object({ name: T.String(), resource: T.String(), state: T.String() }))) }),
  replies: 200, policy: discoveryPolicy.availabilityZones,
});
export const listServiceProviders = endpoint({
  route: 'GET /service-providers', summary: 'List the service providers', query: ListQuery,
  view: T.Object({ service_providers: T.Array(T.Partial(T.Object({ name: T.String(), service_type: T.String(), default: T.Boolean() }))) }),
  replies: 200, policy: discoveryPolicy.serviceProviders, cli: { command: 'network service provider list' },
});
export const listIpAvailabilities = endpoint({
  route: 'GET /network-ip-availabilities', summary: 'List how many addresses of each network are used', query: ListQuery,
  view: T.Object({ network_ip_availabilities: T.Array(T.Partial(NetworkUse)) }), replies: 200, policy: discoveryPolicy.ipAvailability, cli: { command: 'ip availability list' },
});
export const showIpAvailability = endpoint({
  route: 'GET /network-ip-availabilities/{network_id}', summary: 'Show how many addresses of a network are used', query: ShowQuery,
  view: T.Object({ network_ip_availability: T.Partial(NetworkUse) }), replies: 200, policy: discoveryPolicy.ipAvailability, fails: ['network.network.not-found'],
  cli: { command: 'ip availability show' },
});

export const networkEndpointsOfDiscovery = {
  showVersions, showVersion, listExtensions, showExtension, listAgents, showAgent, listAvailabilityZones, listServiceProviders, listIpAvailabilities, showIpAvailability,
};
