import type { imageEndpoints } from '@virga/contracts-image';
import { otherProject, type ApiAnswer, type ApiRequest, type Persona, type Scene } from '@virga/testing';

export interface ImageWorld {
  create: (as?: string, body?: Record<string, unknown>) => Promise<{ id: string }>;
  createActive: (as?: string, body?: Record<string, unknown>) => Promise<{ id: string }>;
  request: (request: ApiRequest) => Promise<ApiAnswer>;
}

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
const EVERYBODY: Persona[] = ['admin', 'alice', 'amy', 'manager', 'reader', 'guest', 'bob', 'service'];
/** These may not even know that alice's private image exists; a token without roles sees nothing either. */
const OUTSIDE: Persona[] = ['bob', 'service', 'guest'];

const own = (rest: Partial<Scene<ImageWorld>> & Pick<Scene<ImageWorld>, 'allowed'>, more: { body?: unknown; headers?: Record<string, string>; params?: Record<string, string>; isActive?: boolean } = {}): Scene<ImageWorld> => ({
  invisible: OUTSIDE,
  given: async (world) => {
    const { id } = await (more.isActive === true ? world.createActive() : world.create());
    return { params: { image_id: id, ...more.params }, ...(more.body !== undefined && { body: more.body }), ...(more.headers && { headers: more.headers }) };
  },
  ...rest,
});

const shared = (rest: Pick<Scene<ImageWorld>, 'allowed'> & Partial<Scene<ImageWorld>>, body?: unknown): Scene<ImageWorld> => ({
  given: async (world) => {
    const { id } = await world.create();
    await world.request({ as: 'alice', method: 'POST', url: `/v2/images/${id}/members`, body: { member: otherProject } });
    return { params: { image_id: id, member_id: otherProject }, ...(body !== undefined && { body }) };
  },
  ...rest,
});

const everybody: Scene<ImageWorld> = { given: () => ({}), allowed: EVERYBODY };
const octets = { 'content-type': 'application/octet-stream' };
const patch = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

/** Who may do what with an image of project demo (Glance's policy reference, secure RBAC). */
export const imageScenes: { [Name in Exclude<keyof typeof imageEndpoints, 'listVersions' | 'listVersionsAtRoot'>]: Scene<ImageWorld> } = {
  createImage: { given: () => ({ body: { name: 'x' } }), allowed: [...MEMBERS, 'bob'] },
  listImages: { given: () => ({}), allowed: [...READERS, 'bob'] },
  showImage: own({ allowed: READERS }),
  updateImage: own({ allowed: MEMBERS }, { body: JSON.stringify([{ op: 'replace', path: '/name', value: 'y' }]), headers: patch }),
  deleteImage: own({ allowed: MEMBERS }),
  uploadImage: own({ allowed: MEMBERS }, { body: 'bytes', headers: octets }),
  downloadImage: own({ allowed: MEMBERS }, { isActive: true }),
  deactivateImage: own({ allowed: MEMBERS }, { isActive: true }),
  reactivateImage: own({ allowed: MEMBERS }, { isActive: true }),
  addTag: own({ allowed: MEMBERS }, { params: { tag: 'x' } }),
  removeTag: { ...own({ allowed: MEMBERS, mayMiss: true }, { params: { tag: 'x' } }) },
  createMember: own({ allowed: MEMBERS }, { body: { member: 'p9' } }),
  listMembers: shared({ allowed: [...READERS, 'bob'], invisible: ['service', 'guest'] }),
  showMember: shared({ allowed: [...READERS, 'bob'], invisible: ['service', 'guest'] }),
  updateMember: shared({ allowed: ['admin', 'bob'], invisible: ['service', 'guest'] }, { status: 'accepted' }),
  deleteMember: shared({ allowed: MEMBERS, invisible: ['service', 'guest'] }),
  showSchema: { given: () => ({ params: { name: 'image' } }), allowed: EVERYBODY },
  showImportMethods: everybody,
  showStores: everybody,
};
