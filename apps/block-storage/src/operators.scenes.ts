import { randomUUID } from 'node:crypto';
import type { clusters, extensions, pools, qos, quotas, services, userMessages, volumeTypes } from '@virga/contracts-block-storage';
import type { AnyEndpoint } from '@virga/contract';
import { demoProject, type Persona, type Scene, type SceneRequest } from '@virga/testing';
import { Messages } from './messages/index.js';
import type { BlockStorageWorld } from './testing/index.js';
import { MEMBERS, READERS } from './volumes/volumes.scenes.js';

type World = BlockStorageWorld;
type Given = (world: World) => Promise<SceneRequest> | SceneRequest;
/** A scene for every endpoint of these files. */
type ScenesOf<File> = { [Name in keyof File as File[Name] extends AnyEndpoint ? Name : never]: Scene<World> };

const READERS_ANYWHERE: Persona[] = [...READERS, 'bob'];
const EVERYBODY: Persona[] = [...READERS_ANYWHERE, 'guest', 'service'];

const scene = (allowed: readonly Persona[], given: Given = () => ({}), more: Partial<Scene<World>> = {}): Scene<World> => ({ allowed, given, ...more });
const admin = (given?: Given, more?: Partial<Scene<World>>): Scene<World> => scene(['admin'], given, more);

/** A volume type that nobody has volumes of. */
export async function makeType(world: World, more: Record<string, unknown> = {}): Promise<string> {
  const body = { volume_type: { name: randomUUID(), extra_specs: { multiattach: '<is> True' }, ...more } };
  return (await world.api<{ volume_type: { id: string } }>('POST', '/types', body, { as: 'admin' })).volume_type.id;
}

async function encryptedType(world: World): Promise<string> {
  const id = await makeType(world);
  await world.api('POST', `/types/${id}/encryption`, { encryption: { provider: 'luks', control_location: 'front-end' } }, { as: 'admin' });
  return id;
}

export async function makeQos(world: World): Promise<string> {
  return (await world.api<{ qos_specs: { id: string } }>('POST', '/qos-specs', { qos_specs: { name: randomUUID(), key: 'value' } }, { as: 'admin' })).qos_specs.id;
}

/** A message to project demo about something. */
export async function makeMessage(world: World): Promise<string> {
  const resource = { kind: 'volume' as const, id: randomUUID() };
  await world.database.transaction((tx) => world.running.app.get(Messages).record(tx, { projectId: demoProject, resource, action: 'create-volume', detail: 'create-failed' }));
  const [row] = await world.database.sql<{ id: string }>`SELECT id FROM message WHERE resource_uuid = ${resource.id}`;
  return row?.id ?? '';
}

const ofType = (allowed: readonly Persona[], more: SceneRequest = {}, type: Record<string, unknown> = {}, rest: Partial<Scene<World>> = {}): Scene<World> =>
  scene(allowed, async (world) => ({ ...more, params: { type_id: await makeType(world, type), ...more.params } }), rest);
const ofEncrypted = (more: SceneRequest = {}): Scene<World> => admin(async (world) => ({ ...more, params: { type_id: await encryptedType(world), encryption_id: 'provider' } }));
const ofQos = (more: SceneRequest = {}): Scene<World> => admin(async (world) => ({ ...more, params: { qos_id: await makeQos(world) } }));
const ofProject = (allowed: readonly Persona[], body?: unknown): Scene<World> => scene(allowed, () => ({ params: { project_id: demoProject }, ...(body !== undefined && { body }) }));
const onBackend = (body?: Record<string, unknown>): Scene<World> => admin(() => ({ params: { host_name: 'node-1@file' }, ...(body !== undefined && { body }) }));
const service = { host: 'node-1@file', binary: 'cinder-volume' };
const encryption = { encryption: { provider: 'luks', control_location: 'front-end' } };
const isPrivate = { 'os-volume-type-access:is_public': false };

const typeScenes: ScenesOf<typeof volumeTypes> = {
  listVolumeTypes: scene(READERS_ANYWHERE), showVolumeType: ofType(READERS_ANYWHERE), createVolumeType: admin(() => ({ body: { volume_type: { name: randomUUID() } } })),
  updateVolumeType: ofType(['admin'], { body: { volume_type: { description: 'x' } } }), deleteVolumeType: ofType(['admin']),
  listTypeExtraSpecs: ofType(READERS_ANYWHERE), showTypeExtraSpec: ofType(READERS_ANYWHERE, { params: { key: 'multiattach' } }),
  createTypeExtraSpecs: ofType(['admin'], { body: { extra_specs: { a: 'b' } } }), updateTypeExtraSpec: ofType(['admin'], { params: { key: 'a' }, body: { a: 'b' } }),
  deleteTypeExtraSpec: ofType(['admin'], { params: { key: 'multiattach' } }), listTypeAccess: ofType(['admin'], {}, isPrivate),
  addTypeAccess: ofType(['admin'], { body: { addProjectAccess: { project: demoProject } } }, isPrivate),
  removeTypeAccess: ofType(['admin'], { body: { removeProjectAccess: { project: demoProject } } }, isPrivate, { mayMiss: true }),
  showTypeEncryption: ofType(['admin']), createTypeEncryption: ofType(['admin'], { body: encryption }), showTypeEncryptionItem: ofEncrypted(),
  updateTypeEncryption: ofEncrypted({ body: encryption }), deleteTypeEncryption: ofEncrypted(),
  listDefaultTypes: admin(), showDefaultType: admin(() => ({ params: { project_id: demoProject } }), { mayMiss: true }),
  setDefaultType: admin(() => ({ params: { project_id: demoProject }, body: { default_type: { volume_type: '__DEFAULT__' } } })),
  unsetDefaultType: admin(() => ({ params: { project_id: demoProject } })),
};

const qosScenes: ScenesOf<typeof qos> = {
  listQosSpecs: admin(), createQosSpecs: admin(() => ({ body: { qos_specs: { name: randomUUID() } } })), showQosSpecs: ofQos(), updateQosSpecs: ofQos({ body: { qos_specs: { a: 'b' } } }),
  deleteQosSpecs: ofQos(), deleteQosKeys: ofQos({ body: { keys: ['key'] } }), listQosAssociations: ofQos(), disassociateAllQos: ofQos(),
  associateQos: admin(async (world) => ({ params: { qos_id: await makeQos(world) }, query: `vol_type_id=${await makeType(world)}` })),
  disassociateQos: admin(async (world) => ({ params: { qos_id: await makeQos(world) }, query: `vol_type_id=${await makeType(world)}` })),
};

const quotaScenes: ScenesOf<typeof quotas> = {
  showQuotaSet: ofProject(READERS), showQuotaDefaults: ofProject(READERS), updateQuotaSet: ofProject(['admin'], { quota_set: { volumes: -1 } }), deleteQuotaSet: ofProject(['admin']),
  showQuotaClass: admin(() => ({ params: { class_name: 'default' } })), updateQuotaClass: admin(() => ({ params: { class_name: 'default' }, body: { quota_class_set: { volumes: -1 } } })),
  showLimits: scene(EVERYBODY),
};

const serviceScenes: ScenesOf<typeof services> = {
  listServices: admin(), enableService: onBackend(service), disableService: onBackend(service), disableServiceBecause: onBackend({ ...service, disabled_reason: 'broken' }),
  freezeHost: onBackend({ host: 'node-1@file' }), thawHost: onBackend({ host: 'node-1@file' }), failoverHost: onBackend({ host: 'node-1@file' }), failover: onBackend({ host: 'node-1@file' }),
  setLogLevels: onBackend({ level: 'debug' }), getLogLevels: onBackend({}), listHosts: admin(), showHost: onBackend(), updateHost: onBackend({ status: 'enable' }),
};

const poolScenes: ScenesOf<typeof pools> = { getPools: admin(), showCapabilities: onBackend(), listZones: scene(EVERYBODY) };

const ofCluster = (body?: unknown): Scene<World> => admin(() => ({ params: { cluster_name: 'none' }, ...(body !== undefined && { body }) }), { mayMiss: true });
const clusterScenes: ScenesOf<typeof clusters> = {
  listClusters: admin(), listClusterDetails: admin(), showCluster: ofCluster(), enableCluster: ofCluster({ name: 'none' }), disableCluster: ofCluster({ name: 'none' }),
  cleanUpWorkers: admin(() => ({ body: {} })),
};

const ofMessage = (allowed: readonly Persona[]): Scene<World> => scene(allowed, async (world) => ({ params: { message_id: await makeMessage(world) } }), { invisible: ['bob'] });
const messageScenes: ScenesOf<typeof userMessages> = { listMessages: scene(READERS_ANYWHERE), showMessage: ofMessage(READERS), deleteMessage: ofMessage(MEMBERS) };

const extensionScenes: ScenesOf<typeof extensions> = { listExtensions: scene(EVERYBODY), showExtension: scene(EVERYBODY, () => ({ params: { alias: 'os-hosts' } })) };

/** Who may do what with what is not a volume itself (Cinder's policy reference, secure RBAC). */
export const operatorScenes: Readonly<Record<string, Scene<World>>> = {
  ...typeScenes, ...qosScenes, ...quotaScenes, ...serviceScenes, ...poolScenes, ...clusterScenes, ...messageScenes, ...extensionScenes,
};
