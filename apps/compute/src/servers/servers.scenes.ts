import { demoProject, type Persona, type Scene } from '@virga/testing';
import { FLAVOR, IMAGE, type ComputeWorld } from '../testing/index.js';

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** Of other projects: they may not even know that alice's server exists. */
const OUTSIDE: Persona[] = ['bob', 'service'];

interface More {
  body?: (world: ComputeWorld, server: string) => unknown;
  params?: (world: ComputeWorld, server: string) => Record<string, string> | Promise<Record<string, string>>;
  mayMiss?: boolean;
}

/** A scene about an ACTIVE server of alice's. */
function own(allowed: readonly Persona[], { body, params, mayMiss }: More = {}): Scene<ComputeWorld> {
  return {
    allowed, invisible: OUTSIDE, ...(mayMiss === true && { mayMiss }),
    given: async (world) => {
      const id = await world.activeServer();
      const content = body?.(world, id);
      return { params: { server_id: id, ...await params?.(world, id) }, ...(content !== undefined && { body: content }) };
    },
  };
}

const action = (allowed: readonly Persona[], body: object): Scene<ComputeWorld> => own(allowed, { body: () => body });
const portOf = (world: ComputeWorld, server: string): string => [...world.cloud.network.ports.values()].find(({ serverId }) => serverId === server)?.portId ?? '';
const requestOf = async (world: ComputeWorld, server: string): Promise<string> => {
  const [row] = await world.database.sql<{ request_id: string }>`SELECT request_id FROM operation WHERE resource_id = ${server}`;
  return row?.request_id ?? '';
};

/** A scene about a volume of an ACTIVE server of alice's. */
function withVolume(allowed: readonly Persona[], body?: (volumeId: string) => unknown): Scene<ComputeWorld> {
  return {
    allowed, invisible: OUTSIDE,
    given: async (world) => {
      const { id } = world.cloud.storage.addVolume({ projectId: demoProject });
      const server = await world.activeServer({ block_device_mapping_v2: [{ source_type: 'volume', destination_type: 'volume', uuid: id }] });
      return { params: { server_id: server, volume_id: id }, ...(body !== undefined && { body: body(id) }) };
    },
  };
}

async function group(world: ComputeWorld): Promise<{ params: { group_id: string } }> {
  const answer = await world.request({ as: 'alice', method: 'POST', url: '/v2.1/os-server-groups', body: { server_group: { name: 'g', policies: ['affinity'] } } });
  return { params: { group_id: (answer.body as { server_group: { id: string } }).server_group.id } };
}

/** Who may do what with a server of project demo (Nova's policy reference, secure RBAC). */
export const serverScenes: Readonly<Record<string, Scene<ComputeWorld>>> = {
  createServer: { given: () => ({ body: { server: { name: 'x', flavorRef: FLAVOR, imageRef: IMAGE, networks: 'none' } } }), allowed: [...MEMBERS, 'bob'] },
  listServers: { given: () => ({}), allowed: [...READERS, 'bob'] },
  listServerDetails: { given: () => ({}), allowed: [...READERS, 'bob'] },
  showServer: own(READERS),
  updateServer: own(MEMBERS, { body: () => ({ server: { name: 'y' } }) }),
  deleteServer: own(MEMBERS),
  showPlacementExplanation: own(READERS),
  rebootServer: action(MEMBERS, { reboot: { type: 'HARD' } }),
  startServer: action(MEMBERS, { 'os-start': null }),
  stopServer: action(MEMBERS, { 'os-stop': null }),
  pauseServer: action(MEMBERS, { pause: null }),
  unpauseServer: action(MEMBERS, { unpause: null }),
  lockServer: action(MEMBERS, { lock: null }),
  unlockServer: action(MEMBERS, { unlock: null }),
  resetServerState: action(['admin'], { 'os-resetState': { state: 'error' } }),
  forceDeleteServer: action(MEMBERS, { forceDelete: null }),
  rebuildServer: action(MEMBERS, { rebuild: { imageRef: IMAGE } }),
  resizeServer: action(MEMBERS, { resize: { flavorRef: 'bigger' } }),
  confirmServerResize: action(MEMBERS, { confirmResize: null }),
  revertServerResize: action(MEMBERS, { revertResize: null }),
  showConsoleOutput: action(MEMBERS, { 'os-getConsoleOutput': {} }),
  listServerMetadata: own(READERS),
  addServerMetadata: own(MEMBERS, { body: () => ({ metadata: { a: 'b' } }) }),
  replaceServerMetadata: own(MEMBERS, { body: () => ({ metadata: { a: 'b' } }) }),
  showServerMetadataEntry: own(READERS, { params: () => ({ key: 'a' }), mayMiss: true }),
  setServerMetadataEntry: own(MEMBERS, { params: () => ({ key: 'a' }), body: () => ({ meta: { a: 'b' } }) }),
  deleteServerMetadataEntry: own(MEMBERS, { params: () => ({ key: 'a' }), mayMiss: true }),
  listServerTags: own(READERS),
  replaceServerTags: own(MEMBERS, { body: () => ({ tags: ['a'] }) }),
  deleteServerTags: own(MEMBERS),
  checkServerTag: own(READERS, { params: () => ({ tag: 'a' }), mayMiss: true }),
  addServerTag: own(MEMBERS, { params: () => ({ tag: 'a' }) }),
  deleteServerTag: own(MEMBERS, { params: () => ({ tag: 'a' }), mayMiss: true }),
  listServerAddresses: own(READERS),
  showServerAddresses: own(READERS, { params: () => ({ network_label: 'private' }) }),
  listServerInterfaces: own(READERS),
  showServerInterface: own(READERS, { params: (world, id) => ({ port_id: portOf(world, id) }) }),
  attachServerInterface: own(MEMBERS, { body: () => ({ interfaceAttachment: {} }) }),
  detachServerInterface: own(MEMBERS, { params: (world, id) => ({ port_id: portOf(world, id) }) }),
  createServerImage: action(MEMBERS, { createImage: { name: 'x' } }),
  listVolumeAttachments: own(READERS),
  showVolumeAttachment: withVolume(READERS),
  attachVolume: own(MEMBERS, { body: (world) => ({ volumeAttachment: { volumeId: world.cloud.storage.addVolume({ projectId: demoProject }).id } }) }),
  updateVolumeAttachment: withVolume(MEMBERS, (volumeId) => ({ volumeAttachment: { volumeId, delete_on_termination: true } })),
  detachVolume: withVolume(MEMBERS),
  listServerActions: own(READERS),
  showServerAction: own(READERS, { params: async (world, id) => ({ request_id: await requestOf(world, id) }) }),
  listServerGroups: { given: () => ({}), allowed: [...READERS, 'bob'] },
  createServerGroup: { given: () => ({ body: { server_group: { name: 'g', policy: 'affinity' } } }), allowed: [...MEMBERS, 'bob'] },
  showServerGroup: { given: group, allowed: READERS, invisible: OUTSIDE },
  deleteServerGroup: { given: group, allowed: MEMBERS, invisible: OUTSIDE },
};
