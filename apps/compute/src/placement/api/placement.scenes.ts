import { randomUUID } from 'node:crypto';
import { demoProject, type Persona, type Scene, type SceneRequest } from '@virga/testing';
import type { SceneWorld } from '../../testing/index.js';

const OPERATORS: Persona[] = ['admin', 'service'];

const scene = (given: (world: SceneWorld) => Promise<SceneRequest> | SceneRequest = () => ({}), more: Partial<Scene<SceneWorld>> = {}): Scene<SceneWorld> => ({ allowed: OPERATORS, given, ...more });
const ofProvider = (body?: unknown, more: Partial<Scene<SceneWorld>> = {}, params: Record<string, string> = {}): Scene<SceneWorld> =>
  scene(async (world) => ({ params: { uuid: await world.provider(), ...params }, ...(body !== undefined && { body }) }), more);
const named = (name: string, more: Partial<Scene<SceneWorld>> = {}): Scene<SceneWorld> => scene(() => ({ params: { name } }), more);

const owner = { project_id: 'p', user_id: 'u', consumer_generation: null, consumer_type: 'INSTANCE' };
const consumer = (body?: unknown): SceneRequest => ({ params: { consumer_uuid: randomUUID() }, ...(body !== undefined && { body }) });

/** Who may do what in the placement API (Placement's policy reference, secure RBAC). */
export const placementScenes: Readonly<Record<string, Scene<SceneWorld>>> = {
  listProviders: scene(), createProvider: scene(() => ({ body: { name: randomUUID() } })), showProvider: ofProvider(),
  updateProvider: scene(async (world) => ({ params: { uuid: await world.provider() }, body: { name: randomUUID() } })), deleteProvider: ofProvider(),
  listInventories: ofProvider(), createInventory: ofProvider({ resource_class: 'VCPU', total: 1 }),
  replaceInventories: ofProvider({ resource_provider_generation: 0, inventories: { VCPU: { total: 1 } } }), deleteInventories: ofProvider(),
  showInventory: ofProvider(undefined, { mayMiss: true }, { resource_class: 'VCPU' }),
  updateInventory: ofProvider({ resource_provider_generation: 0, total: 1 }, {}, { resource_class: 'VCPU' }),
  deleteInventory: ofProvider(undefined, { mayMiss: true }, { resource_class: 'VCPU' }),
  listProviderAggregates: ofProvider(), replaceProviderAggregates: ofProvider({ resource_provider_generation: 0, aggregates: [] }),
  listProviderTraits: ofProvider(), replaceProviderTraits: ofProvider({ resource_provider_generation: 0, traits: [] }), deleteProviderTraits: ofProvider(),
  listTraits: scene(), showTrait: named('HW_CPU_X86_VMX'), ensureTrait: named('CUSTOM_SCENE'), deleteTrait: named('CUSTOM_SCENE', { mayMiss: true }),
  listClasses: scene(), createClass: scene(() => ({ body: { name: 'CUSTOM_SCENE' } })), showClass: named('VCPU'),
  renameClass: scene(() => ({ params: { name: 'CUSTOM_SCENE' }, body: { name: 'CUSTOM_SCENE' } }), { mayMiss: true }), ensureClass: named('CUSTOM_SCENE'), deleteClass: named('CUSTOM_SCENE', { mayMiss: true }),
  listConsumerAllocations: scene(() => consumer()), replaceConsumerAllocations: scene(() => consumer({ allocations: {}, ...owner })),
  deleteConsumerAllocations: scene(() => consumer(), { mayMiss: true }), manageAllocations: scene(() => ({ body: { [randomUUID()]: { allocations: {}, ...owner } } })),
  listProviderAllocations: ofProvider(), showProviderUsages: ofProvider(),
  showTotalUsages: scene(() => ({ query: `project_id=${demoProject}` }), { allowed: [...OPERATORS, 'alice', 'amy', 'manager', 'reader'] }),
  listCandidates: scene(() => ({ query: 'resources=VCPU:1' })),
  reshape: scene(async (world) => ({ body: { inventories: { [await world.provider()]: { resource_provider_generation: 0, inventories: {} } }, allocations: {} } }), { allowed: ['service'] }),
};
