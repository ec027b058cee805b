import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Invalid, NotFound } from '@virga/kernel';

/** A volume that its project offers to whoever shows the key. */
export interface Transfer {
  id: string;
  volumeId: string;
  name: string | null;
  /** The volume goes without its snapshots, which stay with their project. */
  leavesSnapshots: boolean;
  sourceProjectId: string;
  destinationProjectId: string | null;
  isAccepted: boolean;
  createdAt: Date;
}

/** What is kept of a key. */
export interface KeyHash {
  salt: Buffer;
  hash: Buffer;
}

export class TransferUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.transfer.unknown', `Transfer ${id.slice(0, 64)} could not be found.`);
  }
}

/** The volume, or one of its snapshots, is in no state to be given away. */
export class TransferImpossible extends Invalid {
  constructor(reason: string) {
    super('block-storage.transfer.state', `Invalid volume: ${reason}`);
  }
}

export class TransferKeyWrong extends Invalid {
  constructor(id: string) {
    super('block-storage.transfer.key', `Invalid auth key: Attempt to transfer ${id} with invalid auth key.`);
  }
}

/** Bytes of a key: 128 bits, so that nobody guesses one and a plain keyed hash protects it. */
const KEY_BYTES = 16;

/** A key for whoever shall have the volume, and what is kept of it. It is told once. */
export function newKey(): { key: string; kept: KeyHash } {
  const key = randomBytes(KEY_BYTES).toString('hex');
  const salt = randomBytes(KEY_BYTES);
  return { key, kept: { salt, hash: hashOf(key, salt) } };
}

/** Whether this is the key; takes as long for a wrong one as for the right one. */
export function opens(key: string, { salt, hash }: KeyHash): boolean {
  return timingSafeEqual(hashOf(key, salt), hash);
}

function hashOf(key: string, salt: Buffer): Buffer {
  return createHmac('sha256', salt).update(key).digest();
}
