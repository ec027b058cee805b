import { Conflict, Invalid, NotFound, type UserId } from '@virga/kernel';

export type KeypairType = 'ssh' | 'x509';

/** The public half of a key, as it is placed into servers. */
export interface PublicKey {
  type: KeypairType;
  publicKey: string;
  /** Bytes in hex, colons between: MD5 of an SSH key's blob, SHA-1 of a certificate. */
  fingerprint: string;
}

export interface Keypair extends PublicKey {
  id: number;
  owner: UserId;
  name: string;
  createdAt: Date;
}

export class KeypairExists extends Conflict {
  constructor(name: string) {
    super('compute.keypair.exists', `Key pair '${name}' already exists.`);
  }
}

export class KeypairUnknown extends NotFound {
  constructor(name: string, owner: string) {
    super('compute.keypair.unknown', `Keypair ${name.slice(0, 255)} not found for user ${owner.slice(0, 64)}`);
  }
}

/** The text is no public key: the message says why and shows nothing of it. */
export class KeypairMalformed extends Invalid {
  constructor(reason: string, options: { cause?: unknown } = {}) {
    super('compute.keypair.malformed', `Keypair data is invalid: ${reason}`, options);
  }
}
