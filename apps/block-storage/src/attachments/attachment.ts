import type { ExportAddressFact } from '@virga/contracts-block-storage';
import { moves, type AttachmentId, type ProjectId, type PublicFault, type ServerId, type UserId, type VolumeId } from '@virga/kernel';
import type { VolumeStatus } from '../volumes/index.js';

/**
 * `reserved`: nobody can reach the volume. `connecting`: asked of the storage host. `attaching`: reachable. `attached`: its
 * client has it. `detaching`: on its way out. `error`: it could not be connected, or (where it is leaving) not be taken away yet.
 */
export type AttachmentState = 'reserved' | 'connecting' | 'attaching' | 'attached' | 'detaching' | 'error' | 'deleted';

/** Something, a server or a host, has a volume, or is about to. */
export interface Attachment {
  id: AttachmentId;
  volumeId: VolumeId;
  projectId: ProjectId;
  userId: UserId;
  serverId: ServerId | null;
  /** Who made it and alone may change it: a user through this API, or compute for a server. */
  owner: 'user' | 'compute';
  state: AttachmentState;
  /** It is to go for good. */
  isLeaving: boolean;
  /** The only host that the storage host lets open the volume through it; null where no host was ever told, or the removal is confirmed. */
  host: string | null;
  /** The host that a user says has the volume; nothing is exported to it for that. */
  hostname: string | null;
  mountpoint: string | null;
  mode: 'rw' | 'ro';
  connector: Readonly<Record<string, unknown>> | null;
  address: ExportAddressFact | null;
  /** The backend that it leads to where that is not its volume's: the volume is moving there, or has moved away. Nobody sees such an attachment, and it says nothing of the volume's status. */
  backend: string | null;
  generation: number;
  revision: number;
  fault: PublicFault | null;
  attachedAt: Date | null;
  createdAt: Date;
  updatedAt: Date | null;
}

export const attachmentMoves = moves<AttachmentState>({
  reserved: ['connecting', 'attached', 'detaching', 'deleted'],
  connecting: ['attaching', 'error', 'detaching'],
  attaching: ['attached', 'connecting', 'detaching', 'deleted'],
  attached: ['connecting', 'detaching', 'deleted'],
  detaching: ['attached', 'error', 'deleted'],
  error: ['connecting', 'detaching', 'deleted'],
  deleted: [],
});

/** Cinder's `attach_status`. */
export function attachStatus({ state, isLeaving }: Pick<Attachment, 'state' | 'isLeaving'>): string {
  if (state === 'error') return isLeaving ? 'error_detaching' : 'error_attaching';
  return state === 'connecting' ? 'attaching' : state;
}

/** Statuses of a volume that say who has it and nothing else: they follow from its attachments. */
const FOLLOWING: ReadonlySet<VolumeStatus> = new Set(['available', 'reserved', 'attaching', 'in-use', 'detaching', 'error_detaching']);

type Standing = Pick<Attachment, 'state' | 'isLeaving'>;

/** What a volume's status is as far as its attachments go; deleted ones do not count. */
export function statusFrom(attachments: readonly Standing[]): VolumeStatus {
  const has = (...states: AttachmentState[]): boolean => attachments.some(({ state }) => states.includes(state));
  // Whoever takes one of several away waits for the volume to be in use again.
  if (has('detaching')) return 'detaching';
  if (has('attached')) return 'in-use';
  if (has('connecting', 'attaching')) return 'attaching';
  if (attachments.some(({ state, isLeaving }) => state === 'error' && isLeaving)) return 'error_detaching';
  return has('reserved', 'error') ? 'reserved' : 'available';
}

export interface VolumeStanding {
  status: VolumeStatus;
  /** What the volume goes back to when what is done to it now is over. */
  previousStatus: VolumeStatus | null;
}

/**
 * A volume's statuses after its attachments have changed. What else is being done to it goes on undisturbed; `hasLost`, after a
 * detaching, also ends an `error`, which is how operators mark volumes before they detach them by force.
 */
export function standingAfter(volume: VolumeStanding, attachments: readonly Standing[], { hasLost = false } = {}): VolumeStanding {
  const status = statusFrom(attachments);
  const follows = (word: VolumeStatus): boolean => FOLLOWING.has(word) || (hasLost && word === 'error');
  return {
    status: follows(volume.status) ? status : volume.status,
    previousStatus: volume.previousStatus !== null && FOLLOWING.has(volume.previousStatus) ? status : volume.previousStatus,
  };
}

/** Whether a volume with this status can be had by one more. */
export function isReservable(volume: { status: VolumeStatus; isMultiattach: boolean }): boolean {
  return reservableStatuses(volume).includes(volume.status);
}

/** A volume that several may have is also reserved while others come and go. */
export function reservableStatuses({ isMultiattach }: { isMultiattach: boolean }): readonly VolumeStatus[] {
  return isMultiattach ? ['available', 'in-use', 'reserved', 'attaching', 'detaching'] : ['available'];
}

/** How a new connection follows from what is there: nothing to do, waiting for one that is on its way, or to be made. */
export type ConnectionStep = 'is-there' | 'is-coming' | 'make' | 'impossible';

/** What has to be done so that the attachment leads to `host` in `mode`. */
export function connectionStep(attachment: Pick<Attachment, 'state' | 'isLeaving' | 'host' | 'mode'>, wanted: { host: string; mode: 'rw' | 'ro' }): ConnectionStep {
  const { state, isLeaving, host, mode } = attachment;
  if (isLeaving || state === 'detaching' || state === 'deleted') return 'impossible';
  const isSame = host === wanted.host && mode === wanted.mode;
  if (state === 'connecting') return isSame ? 'is-coming' : 'impossible';
  if (isSame && (state === 'attaching' || state === 'attached')) return 'is-there';
  return 'make';
}

/** Whether it is one that users know of, and that the volume's status follows from. */
export function isSeen({ backend }: Pick<Attachment, 'backend'>): boolean {
  return backend === null;
}

/** The backend that it leads to; null where its volume is on none yet. */
export function backendOf(attachment: Pick<Attachment, 'backend'>, volume: { backend: string | null }): string | null {
  return attachment.backend ?? volume.backend;
}

/** Whether a storage host may still let somebody open the volume through it. */
export function mayBeExported({ host }: Pick<Attachment, 'host'>): boolean {
  return host !== null;
}
