import { newId } from '@virga/kernel';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** Of other projects: they may not even know that alice's volume exists. */
const OUTSIDE: Persona[] = ['bob', 'service'];

/** About an attachment of alice's that nobody has connected yet. */
function own(allowed: readonly Persona[], body?: object): Scene<BlockStorageWorld> {
  return {
    allowed, invisible: OUTSIDE,
    given: async (world) => {
      const wish = { attachment: { volume_uuid: await world.availableVolume(), instance_uuid: newId() } };
      const { attachment } = await world.api<{ attachment: { id: string } }>('POST', '/attachments', wish);
      return { params: { attachment_id: attachment.id }, ...(body !== undefined && { body }) };
    },
  };
}

/** About a volume of alice's. */
function action(allowed: readonly Persona[], body: object): Scene<BlockStorageWorld> {
  return { allowed, invisible: OUTSIDE, given: async (world) => ({ params: { volume_id: await world.availableVolume() }, body }) };
}

/** Who may do what with attachments of project demo (Cinder's policy reference, secure RBAC). */
export const attachmentScenes: Readonly<Record<string, Scene<BlockStorageWorld>>> = {
  createAttachment: {
    allowed: MEMBERS, invisible: OUTSIDE,
    given: async (world) => ({ body: { attachment: { volume_uuid: await world.availableVolume(), instance_uuid: newId() } } }),
  },
  listAttachments: { given: () => ({}), allowed: [...READERS, 'bob'] },
  listAttachmentDetails: { given: () => ({}), allowed: [...READERS, 'bob'] },
  showAttachment: own(READERS),
  // A connector without a host: whoever may change the attachment is told so at once.
  updateAttachment: own(MEMBERS, { attachment: { connector: { ip: '192.0.2.1' } } }),
  deleteAttachment: own(MEMBERS),
  completeAttachment: own(MEMBERS, { 'os-complete': null }),
  reserveVolume: action(MEMBERS, { 'os-reserve': null }),
  unreserveVolume: action(MEMBERS, { 'os-unreserve': null }),
  beginDetachingVolume: action(MEMBERS, { 'os-begin_detaching': null }),
  rollDetachingVolume: action(MEMBERS, { 'os-roll_detaching': null }),
  attachVolume: action(MEMBERS, { 'os-attach': { mountpoint: '/dev/vdb', host_name: 'h' } }),
  detachVolume: action(MEMBERS, { 'os-detach': {} }),
  forceDetachVolume: action(['admin'], { 'os-force_detach': {} }),
  initializeVolumeConnection: action(MEMBERS, { 'os-initialize_connection': { connector: { ip: '192.0.2.1' } } }),
  terminateVolumeConnection: action(MEMBERS, { 'os-terminate_connection': { connector: { host: 'h' } } }),
};
