import { isTrue } from '@virga/contract';
import { isUuid, ownEntry } from '@virga/kernel';
import type { AttachmentFilters } from './attachments.repository.js';

/** What Cinder's words for an attachment's status are in ours. */
const STATES: Readonly<Record<string, Pick<AttachmentFilters, 'states' | 'isLeaving'>>> = {
  reserved: { states: ['reserved'] }, attaching: { states: ['connecting', 'attaching'] }, attached: { states: ['attached'] }, detaching: { states: ['detaching'] },
  error_attaching: { states: ['error'], isLeaving: false }, error_detaching: { states: ['error'], isLeaving: true },
};

type Texts = string | readonly string[] | undefined;

interface FilterQuery {
  all_tenants?: Texts;
  volume_id?: Texts;
  instance_id?: Texts;
  status?: Texts;
  attach_status?: Texts;
}

/** Reads a list's filters; `nothing` where no attachment can match them. Other projects' are for administrators who ask for them. */
export function attachmentFilters(query: FilterQuery, viewer: { projectId: string | undefined; isAdmin: boolean }): AttachmentFilters | 'nothing' {
  const seesAll = viewer.isAdmin && asksForAll(first(query.all_tenants));
  const status = first(query.status) ?? first(query.attach_status);
  const states = status === undefined ? {} : ownEntry(STATES, status);
  const ids = idsIn(query);
  if (states === undefined || !Object.values(ids).every(isUuid) || (!seesAll && viewer.projectId === undefined)) return 'nothing';
  return { projectId: seesAll ? undefined : viewer.projectId, ...states, ...ids };
}

function idsIn(query: FilterQuery): Pick<AttachmentFilters, 'volumeId' | 'serverId'> {
  const [volumeId, serverId] = [first(query.volume_id), first(query.instance_id)];
  return { ...(volumeId !== undefined && { volumeId }), ...(serverId !== undefined && { serverId }) };
}

/** Given at all, it means yes, unless it says no. */
function asksForAll(text: string | undefined): boolean {
  return text !== undefined && isTrue(text) !== false;
}

function first(value: Texts): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value[0];
}

