import { demoProject, type Persona, type Scene, type SceneRequest, type Scenes } from '@virga/testing';
import type { NetworkWorld } from './network-world.js';

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
const EVERYBODY: Persona[] = [...READERS, 'guest', 'bob', 'service'];
/** To these, what is alice's does not exist. */
const STRANGERS: Persona[] = ['bob', 'guest'];
const OUTSIDE: Persona[] = [...STRANGERS, 'service'];
const WITH_ROLES: Persona[] = [...READERS, 'bob'];

type Given = (world: NetworkWorld, persona: Persona) => Promise<SceneRequest>;

const scene = (allowed: Persona[], given: Given, invisible: Persona[] = []): Scene<NetworkWorld> => ({ allowed, given, invisible });
const anybody = (given: Given = async () => ({})): Scene<NetworkWorld> => scene(EVERYBODY, given);

let counter = 0;
/** A network of its own for each scene: `10.0.0.0/24`, `10.0.1.0/24`, … */
const nextCidr = (): string => `10.${100 + Math.floor(++counter / 250) % 100}.${counter % 250}.0/24`;

const onNetwork = (body?: unknown): Given => async (world) => ({ params: { network_id: (await world.network()).id }, ...(body !== undefined && { body }) });
const onSubnet = (body?: unknown): Given => async (world) => {
  const subnet = await world.subnet((await world.network()).id, nextCidr());
  return { params: { subnet_id: subnet.id }, ...(body !== undefined && { body }) };
};
const onPort = (body?: unknown): Given => async (world) => ({ params: { port_id: (await world.port((await world.network()).id)).id }, ...(body !== undefined && { body }) });
const onRouter = (body?: unknown): Given => async (world) => ({ params: { router_id: (await world.router()).id }, ...(body !== undefined && { body }) });

const made = (path: string, one: string, body: (world: NetworkWorld) => Promise<Record<string, unknown>>, parameter = `${one}_id`, request?: unknown): Given => async (world) => {
  const answer = await world.ok('alice', 'POST', path, { [one]: await body(world) }) as Record<string, { id: string }>;
  return { params: { [parameter]: answer[one]?.id ?? '' }, ...(request !== undefined && { body: request }) };
};
const group = async (): Promise<Record<string, unknown>> => ({ name: 'group' });
const pool = async (): Promise<Record<string, unknown>> => ({ name: 'pool', prefixes: ['10.0.0.0/16'] });
const groupId = async (world: NetworkWorld): Promise<string> => (await world.ok('alice', 'POST', '/security-groups', { security_group: await group() }) as Record<string, { id: string }>)['security_group']?.id ?? '';
const newRule = async (world: NetworkWorld): Promise<Record<string, unknown>> => ({ security_group_id: await groupId(world), direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 });

/** The operator's external network, one for all scenes. */
const externalNetworks = new WeakMap<NetworkWorld, Promise<string>>();
function external(world: NetworkWorld): Promise<string> {
  const known = externalNetworks.get(world) ?? world.external('172.30.0.0/16').then(({ network }) => network.id);
  externalNetworks.set(world, known);
  return known;
}
const floating = async (world: NetworkWorld): Promise<Record<string, unknown>> => ({ floating_network_id: await external(world) });

const withInterface = (isConnected: boolean): Given => async (world) => {
  const subnet = await world.subnet((await world.network()).id, nextCidr());
  const router = await world.router();
  if (isConnected) await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  return { params: { router_id: router.id }, body: { subnet_id: subnet.id } };
};

const quotas = { given: async () => ({ params: { project_id: demoProject } }) };
const routes = { router: { routes: [] } };

const tagged: Record<string, Given> = {
  Networks: onNetwork(), Subnets: onSubnet(), Ports: onPort(), Routers: onRouter(),
  Subnetpools: made('/subnetpools', 'subnetpool', pool), Floatingips: made('/floatingips', 'floatingip', floating), SecurityGroups: made('/security-groups', 'security_group', group),
};

function tagScenes(): Scenes<NetworkWorld> {
  return Object.fromEntries(Object.entries(tagged).flatMap(([collection, given]) => {
    const addressed = (body?: unknown): Given => async (world, persona) => {
      const { params } = await given(world, persona);
      const id = Object.values(params ?? {})[0] ?? '';
      await world.ok('alice', 'PUT', `/${collection === 'SecurityGroups' ? 'security-groups' : collection.toLowerCase()}/${id}/tags/blue`);
      return { params: { id, tag: 'blue' }, ...(body !== undefined && { body }) };
    };
    const verbs: [string, Persona[], unknown?][] = [['list', READERS], ['check', READERS], ['replace', MEMBERS, { tags: ['red'] }], ['clear', MEMBERS], ['add', MEMBERS], ['remove', MEMBERS]];
    return verbs.map(([verb, allowed, body]) => [`${verb}TagsOf${collection}`, scene(allowed, addressed(body), OUTSIDE)]);
  }));
}

/** Who may do what with things of project demo (Neutron's policy reference, secure RBAC). */
export const networkScenes: Scenes<NetworkWorld> = {
  showVersion: anybody(), listExtensions: anybody(), showExtension: anybody(async () => ({ params: { alias: 'router' } })),
  listAgents: anybody(),
  showAgent: { allowed: ['admin'], invisible: [...EVERYBODY].filter((persona) => persona !== 'admin'), mayMiss: true, given: () => ({ params: { agent_id: 'none' } }) },
  listAvailabilityZones: scene(WITH_ROLES, async () => ({})), listServiceProviders: scene(WITH_ROLES, async () => ({})),
  listIpAvailabilities: anybody(), showIpAvailability: scene(['admin', 'service'], onNetwork()),

  createNetwork: scene([...MEMBERS, 'bob'], async () => ({ body: { network: { name: 'new' } } })), listNetworks: anybody(),
  showNetwork: scene([...READERS, 'service'], onNetwork(), STRANGERS), updateNetwork: scene(MEMBERS, onNetwork({ network: { name: 'x' } }), STRANGERS),
  deleteNetwork: scene(MEMBERS, onNetwork(), STRANGERS),

  createSubnet: scene(MEMBERS, async (world) => ({ body: { subnet: { network_id: (await world.network()).id, cidr: '10.9.0.0/24', ip_version: 4 } } }), STRANGERS), listSubnets: anybody(),
  showSubnet: scene([...READERS, 'service'], onSubnet(), STRANGERS), updateSubnet: scene(MEMBERS, onSubnet({ subnet: { name: 'x' } }), STRANGERS),
  deleteSubnet: scene(MEMBERS, onSubnet(), STRANGERS),

  createSubnetPool: scene([...MEMBERS, 'bob'], async () => ({ body: { subnetpool: { name: 'new', prefixes: ['10.0.0.0/16'] } } })), listSubnetPools: anybody(),
  showSubnetPool: scene(READERS, made('/subnetpools', 'subnetpool', pool), OUTSIDE),
  updateSubnetPool: scene(MEMBERS, made('/subnetpools', 'subnetpool', pool, 'subnetpool_id', { subnetpool: { name: 'x' } }), OUTSIDE),
  addSubnetPoolPrefixes: scene(MEMBERS, made('/subnetpools', 'subnetpool', pool, 'subnetpool_id', { prefixes: ['10.1.0.0/16'] }), OUTSIDE),
  removeSubnetPoolPrefixes: scene(MEMBERS, made('/subnetpools', 'subnetpool', pool, 'subnetpool_id', { prefixes: ['10.0.0.0/16'] }), OUTSIDE),
  deleteSubnetPool: scene(MEMBERS, made('/subnetpools', 'subnetpool', pool), OUTSIDE),

  createPort: scene([...MEMBERS, 'service'], async (world) => ({ body: { port: { network_id: (await world.network()).id } } }), STRANGERS), listPorts: anybody(),
  showPort: scene([...READERS, 'service'], onPort(), STRANGERS), updatePort: scene([...MEMBERS, 'service'], onPort({ port: { name: 'x' } }), STRANGERS),
  deletePort: scene([...MEMBERS, 'service'], onPort(), STRANGERS),

  createRouter: scene([...MEMBERS, 'bob'], async () => ({ body: { router: { name: 'new' } } })), listRouters: anybody(),
  showRouter: scene(READERS, onRouter(), OUTSIDE), updateRouter: scene(MEMBERS, onRouter({ router: { name: 'x' } }), OUTSIDE), deleteRouter: scene(MEMBERS, onRouter(), OUTSIDE),
  addRouterInterface: scene(MEMBERS, withInterface(false), OUTSIDE), removeRouterInterface: scene(MEMBERS, withInterface(true), OUTSIDE),
  addExtraRoutes: scene(MEMBERS, onRouter(routes), OUTSIDE), removeExtraRoutes: scene(MEMBERS, onRouter(routes), OUTSIDE),

  createFloatingIp: scene([...MEMBERS, 'bob'], async (world) => ({ body: { floatingip: await floating(world) } })), listFloatingIps: anybody(),
  showFloatingIp: scene(READERS, made('/floatingips', 'floatingip', floating), OUTSIDE),
  updateFloatingIp: scene(MEMBERS, made('/floatingips', 'floatingip', floating, 'floatingip_id', { floatingip: { description: 'x' } }), OUTSIDE),
  deleteFloatingIp: scene(MEMBERS, made('/floatingips', 'floatingip', floating), OUTSIDE), listFloatingIpPools: scene(WITH_ROLES, async () => ({})),

  createSecurityGroup: scene([...MEMBERS, 'bob'], async () => ({ body: { security_group: { name: 'new' } } })), listSecurityGroups: anybody(),
  showSecurityGroup: scene(READERS, made('/security-groups', 'security_group', group), OUTSIDE),
  updateSecurityGroup: scene(MEMBERS, made('/security-groups', 'security_group', group, 'security_group_id', { security_group: { name: 'x' } }), OUTSIDE),
  deleteSecurityGroup: scene(MEMBERS, made('/security-groups', 'security_group', group), OUTSIDE),
  createSecurityGroupRule: scene(MEMBERS, async (world) => ({ body: { security_group_rule: await newRule(world) } }), OUTSIDE), listSecurityGroupRules: anybody(),
  showSecurityGroupRule: scene(READERS, made('/security-group-rules', 'security_group_rule', newRule), OUTSIDE),
  deleteSecurityGroupRule: scene(MEMBERS, made('/security-group-rules', 'security_group_rule', newRule), OUTSIDE),

  listQuotas: { ...quotas, allowed: ['admin'] }, showQuota: { ...quotas, allowed: ['admin', 'manager'] }, showQuotaDefaults: { ...quotas, allowed: ['admin', 'manager'] },
  showQuotaDetails: { ...quotas, allowed: ['admin', 'manager'] }, showQuotaDetailsPlain: { ...quotas, allowed: ['admin', 'manager'] },
  showOwnProject: { ...quotas, allowed: ['admin', 'manager'] }, showOwnProjectAsProject: { ...quotas, allowed: ['admin', 'manager'] },
  updateQuota: { allowed: ['admin'], given: () => ({ params: { project_id: demoProject }, body: { quota: { network: -1 } } }) },
  deleteQuota: { allowed: ['admin'], given: () => ({ params: { project_id: 'p9' } }) },
  ...tagScenes(),
};
