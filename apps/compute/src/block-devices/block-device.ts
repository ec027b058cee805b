import type { AttachmentFact } from '@virga/contracts-block-storage';
import type { AttachmentId, Id, ServerId, VolumeId } from '@virga/kernel';

export type BlockDeviceId = Id<'block-device'>;

/**
 * Where a volume is on its way into a server's guest, or out of it. `planned`: with the server, which is being built;
 * `reserving`: block storage is being asked, and nobody sees the device yet; `swapping`: another is taking its place.
 */
export type BlockDeviceState = 'planned' | 'reserving' | 'attaching' | 'attached' | 'swapping' | 'detaching';

/** How the volume of a device is made together with its server. */
export interface VolumeWish {
  source: { kind: 'blank' } | { kind: 'image'; imageId: string } | { kind: 'snapshot'; snapshotId: string };
  sizeGibibytes: number;
  volumeType: string | null;
}

/** A volume of a server: what its users want, and how block storage lets the host reach it. */
export interface BlockDevice {
  id: BlockDeviceId;
  serverId: ServerId;
  attachmentId: AttachmentId;
  volumeId: VolumeId;
  /** libvirt's target name: `vda`, `vdb`, … Nobody else of this server has it. */
  target: string;
  /** 0 is what the server boots from; null what it does not. */
  bootIndex: number | null;
  tag: string | null;
  deleteOnTermination: boolean;
  state: BlockDeviceState;
  /** It is taking, or has lost, the place of another with the same target. Nobody sees it. */
  isAside: boolean;
  /** Null where the volume was there before. */
  wish: VolumeWish | null;
  /** Block storage's word, the newest that has come. */
  attachment: AttachmentFact | null;
  /** What the guest is to be told of the volume's size since it was attached. */
  sizeBytes: number | null;
  /** What its host was told of it last; null while it was told nothing but the whole guest. */
  told: Told | null;
  createdAt: Date;
}

/** A command about one volume of a guest, as it was sent last. */
export interface Told {
  what: 'disk' | 'no-disk' | 'size' | 'copy' | 'swap';
  generation: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** The size that the guest was told last. */
  sizeBytes?: number;
}

export type NewBlockDevice = Omit<BlockDevice, 'attachment' | 'sizeBytes' | 'told' | 'createdAt'>;

export function isRoot({ bootIndex }: Pick<BlockDevice, 'bootIndex'>): boolean {
  return bootIndex === 0;
}

/** Whether users see that the server has it. */
export function isShown({ state, isAside }: Pick<BlockDevice, 'state' | 'isAside'>): boolean {
  return state !== 'reserving' && !isAside;
}

/** Whether the guest has it for good, also while another takes its place. */
export function isAttached({ state, isAside }: Pick<BlockDevice, 'state' | 'isAside'>): boolean {
  return !isAside && (state === 'attached' || state === 'swapping');
}

/** Whether the host can reach the volume, so that a guest may have it. */
export function isReachable({ attachment }: Pick<BlockDevice, 'attachment'>): boolean {
  return attachment !== null && attachment.address !== null && (attachment.state === 'attaching' || attachment.state === 'attached');
}

/** Whether a guest that is made now gets the volume. */
export function belongsToGuest(device: BlockDevice): boolean {
  const { state, attachment, isAside } = device;
  return !isAside && state !== 'detaching' && state !== 'reserving' && attachment !== null && attachment.address !== null;
}

/** Whether its host was told to let the guest go on with it in the place of another, and nobody has noted yet which of the two the guest uses. */
export function isUndecided({ isAside, state, told }: Pick<BlockDevice, 'isAside' | 'state' | 'told'>): boolean {
  return isAside && state === 'attaching' && told?.what === 'swap';
}

/** In which order an attachment goes through its states where its generation stays the same. */
const ORDER: Readonly<Record<AttachmentFact['state'], number>> = { reserved: 0, connecting: 1, attaching: 2, attached: 3, detaching: 4, error: 5 };

/**
 * Whether a fact may replace what is known: events and answers overtake each other. Detaching that was undone comes back to
 * `attached` in the same generation, which is not older.
 */
export function isNewer(fact: AttachmentFact, known: AttachmentFact | null): boolean {
  if (known === null || fact.generation !== known.generation) return known === null || fact.generation > known.generation;
  return ORDER[fact.state] >= ORDER[known.state] || (known.state === 'detaching' && fact.state === 'attached');
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** The letter of a device's name: `/dev/vdc`, `sdc`, `xvdc1` all say `vdc`; undefined where it says nothing. */
export function targetNamed(name: string | null): string | undefined {
  const letter = /^(?:\/dev\/)?(?:xv|v|s|h)d([a-z])\d*$/.exec(name ?? '')?.[1];
  return letter === undefined ? undefined : `vd${letter}`;
}

/** The wanted target if it is free, else the first that is; undefined where a guest has no place left. */
export function freeTarget(taken: Iterable<string>, wanted?: string): string | undefined {
  const occupied = new Set(taken);
  if (wanted !== undefined && !occupied.has(wanted)) return wanted;
  return [...LETTERS].map((letter) => `vd${letter}`).find((target) => !occupied.has(target));
}
