import { Conflict, Forbidden, NotFound } from '@virga/kernel';
import type { ServerNic } from '@virga/contracts-network';

/** A server as its guest is told about it. */
export interface Guest {
  id: string;
  projectId: string;
  name: string;
  hostname: string;
  flavorName: string;
  imageId: string | null;
  keyName: string | null;
  publicKey: string | null;
  metadata: Record<string, string>;
  /** Base64. */
  userData: string | null;
  files: { path: string; contents: string }[];
  zone: string;
  reservationId: string;
  launchIndex: number;
  nics: (ServerNic & { tag: string | null })[];
  /** Its disks that have a tag; null: no volume. */
  disks: { volumeId: string | null; target: string; tag: string }[];
  /** Where it finds its disks, by target, and its NICs, by port, as far as its host has said. */
  pciAddresses: Record<string, string>;
  password: string | null;
}

export class SignatureWrong extends Forbidden {
  constructor() {
    super('metadata.signature', 'The request does not come from a host of this cloud.');
  }
}

export class GuestUnknown extends NotFound {
  constructor() {
    super('metadata.guest.unknown', 'No server has this address on this network.');
  }
}

export class PathUnknown extends NotFound {
  constructor() {
    super('metadata.path.unknown', 'There is no such metadata.');
  }
}

export class PasswordSet extends Conflict {
  constructor() {
    super('metadata.password.set', 'The password was told already.');
  }
}
