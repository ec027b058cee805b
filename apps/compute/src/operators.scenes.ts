import { randomUUID } from 'node:crypto';
import { demoProject, personas, type Persona, type Scene, type SceneRequest } from '@virga/testing';
import { PUBLIC_KEY, type SceneWorld } from './testing/index.js';

type Given = (world: SceneWorld) => Promise<SceneRequest> | SceneRequest;
type ComputeScene = Scene<SceneWorld>;
type Params = Record<string, string>;

const EVERYBODY: Persona[] = ['admin', 'alice', 'amy', 'manager', 'reader', 'guest', 'bob', 'service'];
const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** Other projects do not learn that a server of project demo exists. */
const OUTSIDE: Persona[] = ['bob', 'service'];

const scene = (allowed: readonly Persona[], given: Given = () => ({}), more: Partial<ComputeScene> = {}): ComputeScene => ({ allowed, given, ...more });
const admin = (given?: Given, more?: Partial<ComputeScene>): ComputeScene => scene(['admin'], given, more);

/** Something about a server of project demo. */
const ofServer = (allowed: readonly Persona[], body?: (world: SceneWorld) => unknown, more: Partial<ComputeScene> = {}): ComputeScene =>
  scene(allowed, async (world) => ({ params: { server_id: await world.server() }, ...(body !== undefined && { body: body(world) }) }), { invisible: OUTSIDE, ...more });
const ofFlavor = (allowed: readonly Persona[], more: { params?: Params; body?: unknown; flavor?: Record<string, unknown> } = {}, rest: Partial<ComputeScene> = {}): ComputeScene =>
  scene(allowed, async (world) => ({ params: { flavor_id: await world.flavor(more.flavor), ...more.params }, ...(more.body !== undefined && { body: more.body }) }), rest);
const ofAggregate = (body?: unknown): ComputeScene => admin(async (world) => ({ params: { aggregate_id: await world.aggregate() }, ...(body !== undefined && { body }) }));
const ofProject = (allowed: readonly Persona[], body?: unknown, more: Partial<ComputeScene> = {}): ComputeScene =>
  scene(allowed, () => ({ params: { project_id: demoProject }, ...(body !== undefined && { body }) }), more);
/** A key pair of alice, named by whoever asks. */
const ofKeypair = (): ComputeScene => scene(['admin', 'alice'], async (world) => ({ params: { keypair_name: await world.keypair() }, query: `user_id=${personas.alice.userId}` }));

const flavorScenes: Record<string, ComputeScene> = {
  listFlavors: scene(EVERYBODY), listFlavorDetails: scene(EVERYBODY), showFlavor: ofFlavor(EVERYBODY),
  createFlavor: admin(() => ({ body: { flavor: { name: randomUUID(), ram: 1, vcpus: 1, disk: 0 } } })),
  updateFlavor: ofFlavor(['admin'], { body: { flavor: { description: 'x' } } }), deleteFlavor: ofFlavor(['admin']),
  listExtraSpecs: ofFlavor([...READERS, 'bob']), showExtraSpec: ofFlavor([...READERS, 'bob'], { params: { key: 'key' } }),
  createExtraSpecs: ofFlavor(['admin'], { body: { extra_specs: { a: 'b' } } }), updateExtraSpec: ofFlavor(['admin'], { params: { key: 'a' }, body: { a: 'b' } }),
  deleteExtraSpec: ofFlavor(['admin'], { params: { key: 'key' } }),
  listFlavorAccess: ofFlavor(['admin'], { flavor: { 'os-flavor-access:is_public': false } }),
  addTenantAccess: ofFlavor(['admin'], { flavor: { 'os-flavor-access:is_public': false }, body: { addTenantAccess: { tenant: demoProject } } }),
  removeTenantAccess: ofFlavor(['admin'], { flavor: { 'os-flavor-access:is_public': false }, body: { removeTenantAccess: { tenant: demoProject } } }, { mayMiss: true }),
};

const keypairScenes: Record<string, ComputeScene> = {
  listKeypairs: scene(EVERYBODY), showKeypair: ofKeypair(), deleteKeypair: ofKeypair(),
  createKeypair: scene(['admin', 'alice'], () => ({ body: { keypair: { name: 'scene', public_key: PUBLIC_KEY, user_id: personas.alice.userId } } })),
};

const quotaScenes: Record<string, ComputeScene> = {
  showQuotaSet: ofProject(READERS), showQuotaDetails: ofProject(READERS), showQuotaDefaults: ofProject(EVERYBODY),
  updateQuotaSet: ofProject(['admin'], { quota_set: { instances: -1 } }), deleteQuotaSet: ofProject(['admin']),
  showQuotaClass: admin(() => ({ params: { class_name: 'default' } })), updateQuotaClass: admin(() => ({ params: { class_name: 'default' }, body: { quota_class_set: { instances: -1 } } })),
  showLimits: scene(EVERYBODY), showUsage: ofProject(READERS), listUsage: admin(),
};

const onHypervisor = (key: 'id' | 'number' | 'name'): ComputeScene => admin(async (world) => ({ params: { hypervisor_id: (await world.host())[key] } }));
const onHost = (body?: unknown): ComputeScene => admin(async (world) => ({ params: { host_name: (await world.host()).name }, ...(body !== undefined && { body }) }));

const hostScenes: Record<string, ComputeScene> = {
  listHypervisors: admin(), listHypervisorDetails: admin(), showHypervisorStatistics: admin(), showHypervisor: onHypervisor('id'), showHypervisorUptime: onHypervisor('id'),
  searchHypervisors: onHypervisor('name'), listHypervisorServers: onHypervisor('name'),
  listServices: admin(), actOnService: admin(async (world) => ({ params: { service_id: 'enable' }, body: { host: (await world.host()).name, binary: 'nova-compute' } })),
  updateService: admin(async (world) => ({ params: { service_id: (await world.host()).service }, body: { status: 'enabled' } })),
  deleteService: admin(async (world) => ({ params: { service_id: (await world.host()).service } })),
  listHosts: admin(), showHost: onHost(), startHost: onHost(), stopHost: onHost(), rebootHost: onHost(), updateHost: onHost({ status: 'enable' }), listZones: scene(EVERYBODY), listZoneDetails: admin(),
  listAggregates: admin(), createAggregate: admin(() => ({ body: { aggregate: { name: 'scene' } } })), showAggregate: ofAggregate(), deleteAggregate: ofAggregate(),
  updateAggregate: ofAggregate({ aggregate: { availability_zone: 'nova' } }), setAggregateMetadata: ofAggregate({ set_metadata: { metadata: { a: 'b' } } }),
  addHost: ofAggregate({ add_host: { host: 'node-1' } }), removeHost: admin(async (world) => ({ params: { aggregate_id: await world.aggregate() }, body: { remove_host: { host: 'node-1' } } }), { mayMiss: true }),
  listMigrations: admin(),
};

const READERS_ANYWHERE: Persona[] = [...READERS, 'bob'];
const MEMBERS_ANYWHERE: Persona[] = [...MEMBERS, 'bob'];
const ofEntry = (allowed: readonly Persona[], parameter: string, entry: (world: SceneWorld) => string, body?: unknown): ComputeScene =>
  scene(allowed, (world) => ({ params: { [parameter]: entry(world) }, ...(body !== undefined && { body }) }));
const ofGroup = (allowed: readonly Persona[], body?: unknown): ComputeScene => ofEntry(allowed, 'security_group_id', (world) => world.peerEntry('security-groups'), body);
const floatingIp = (world: SceneWorld): string => world.peerEntry('floatingips', { floating_ip_address: ADDRESS, floating_network_id: 'n', fixed_ip_address: null, port_id: null });
const ofImage = (body?: unknown): ComputeScene => scene(EVERYBODY, (world) => ({ params: { image_id: world.image(), key: 'colour' }, ...(body !== undefined && { body }) }));
const PRIVATE = '11111111-1111-4111-8111-111111111111';
const ADDRESS = '198.51.100.77';
const described = { security_group: { name: 'g', description: '' } };

/** What is passed on: the network and image services decide about what is theirs, compute about its own rules. */
const proxyScenes: Record<string, ComputeScene> = {
  listSecurityGroups: scene(READERS_ANYWHERE), showSecurityGroup: ofGroup(READERS_ANYWHERE), createSecurityGroup: scene(MEMBERS_ANYWHERE, () => ({ body: described })),
  updateSecurityGroup: ofGroup(MEMBERS_ANYWHERE, described), deleteSecurityGroup: ofGroup(MEMBERS_ANYWHERE),
  createSecurityGroupRule: scene(MEMBERS_ANYWHERE, (world) => ({
    body: { security_group_rule: { parent_group_id: world.peerEntry('security-groups'), ip_protocol: 'tcp', from_port: 1, to_port: 1 } },
  })),
  deleteSecurityGroupRule: ofEntry(MEMBERS_ANYWHERE, 'rule_id', (world) => world.peerEntry('security-group-rules')),
  listServerSecurityGroups: ofServer(READERS), addSecurityGroup: ofServer(MEMBERS, (world) => ({ addSecurityGroup: { name: world.peerEntry('security-groups') } })),
  removeSecurityGroup: ofServer(MEMBERS, (world) => ({ removeSecurityGroup: { name: world.peerEntry('security-groups') } }), { mayMiss: true }),
  listFloatingIps: scene(READERS_ANYWHERE), showFloatingIp: ofEntry(READERS_ANYWHERE, 'floating_ip_id', floatingIp), createFloatingIp: scene(MEMBERS_ANYWHERE, () => ({ body: {} })),
  deleteFloatingIp: ofEntry(MEMBERS_ANYWHERE, 'floating_ip_id', floatingIp), listFloatingIpPools: scene(EVERYBODY),
  addFixedIp: ofServer(MEMBERS, () => ({ addFixedIp: { networkId: PRIVATE } })),
  removeFixedIp: ofServer(MEMBERS, () => ({ removeFixedIp: { address: '192.0.2.1' } })),
  addFloatingIp: ofServer(MEMBERS, (world) => (floatingIp(world), { addFloatingIp: { address: ADDRESS } })),
  removeFloatingIp: ofServer(MEMBERS, (world) => (floatingIp(world), { removeFloatingIp: { address: ADDRESS } })),
  listTenantNetworks: scene(READERS_ANYWHERE), showTenantNetwork: ofEntry(READERS_ANYWHERE, 'network_id', () => PRIVATE),
  listNetworks: scene(READERS_ANYWHERE), showNetwork: ofEntry(READERS_ANYWHERE, 'network_id', () => PRIVATE),
  listProxiedImages: scene(EVERYBODY), listProxiedImageDetails: scene(EVERYBODY), showProxiedImage: ofEntry(EVERYBODY, 'image_id', (world) => world.image()),
  listImageMetadata: ofImage(), addImageMetadata: ofImage({ metadata: { a: 'b' } }), replaceImageMetadata: ofImage({ metadata: { a: 'b' } }),
  showImageMetadataEntry: ofImage(), setImageMetadataEntry: ofImage({ meta: { colour: 'blue' } }), deleteImageMetadataEntry: ofImage(),
  listProxiedVolumes: scene(READERS_ANYWHERE), listProxiedVolumeDetails: scene(READERS_ANYWHERE), createProxiedVolume: scene(MEMBERS_ANYWHERE, () => ({ body: { volume: { size: 1 } } })),
  showProxiedVolume: ofEntry(READERS_ANYWHERE, 'volume_id', (world) => world.stored('volumes')), deleteProxiedVolume: ofEntry(MEMBERS_ANYWHERE, 'volume_id', (world) => world.stored('volumes')),
  listProxiedSnapshots: scene(READERS_ANYWHERE), listProxiedSnapshotDetails: scene(READERS_ANYWHERE),
  createProxiedSnapshot: scene(MEMBERS_ANYWHERE, (world) => ({ body: { snapshot: { volume_id: world.stored('volumes') } } })),
  showProxiedSnapshot: ofEntry(READERS_ANYWHERE, 'snapshot_id', (world) => world.stored('snapshots')), deleteProxiedSnapshot: ofEntry(MEMBERS_ANYWHERE, 'snapshot_id', (world) => world.stored('snapshots')),
  deleteProxiedImage: ofEntry(EVERYBODY, 'image_id', (world) => world.image()),
};

/** Who may do what with what is not a server itself (Nova's policy reference, secure RBAC). */
export const operatorScenes: Readonly<Record<string, ComputeScene>> = {
  ...flavorScenes, ...keypairScenes, ...quotaScenes, ...hostScenes, ...proxyScenes,
  listExtensions: scene(EVERYBODY), showExtension: scene(EVERYBODY, () => ({ params: { alias: 'os-keypairs' } })),
  showServerPassword: ofServer(READERS), clearServerPassword: ofServer(MEMBERS),
  createExternalEvents: scene(['admin', 'service'], async (world) => ({ body: { events: [{ name: 'network-changed', server_uuid: await world.server() }] } })),
  listUsageAudits: admin(), showUsageAudit: admin(() => ({ params: { before: '2025-01-01 00:00:00' } })),
  changeServerPassword: ofServer(MEMBERS, () => ({ changePassword: { adminPass: 'x' } })),
};
