import { Conflict, Invalid, NotFound, OverLimit, Unavailable } from '@virga/kernel';
import { VolumeState } from '../volumes/index.js';
import { reservableStatuses } from './attachment.js';

export class AttachmentGone extends NotFound {
  constructor(id: string) {
    super('block-storage.attachment.unknown', `Volume attachment ${id.slice(0, 64)} could not be found.`);
  }
}

export class AttachmentExists extends Conflict {
  constructor(id: string) {
    super('block-storage.attachment.exists', `Volume attachment ${id} exists already.`);
  }
}

export class AttachmentUpdatedMeanwhile extends Conflict {
  constructor(id: string) {
    super('block-storage.attachment.concurrent-update', `Volume attachment ${id} has changed meanwhile.`);
  }
}

/** What a server has is only detached through compute: its guest would go on using a device that leads to somebody else's volume (CVE-2023-2088). */
export class AttachmentOfServer extends Conflict {
  constructor(serverId: string | null, deed: 'detach' | 'change' = 'detach') {
    const what = deed === 'detach' ? `Detach volume from instance ${serverId ?? ''} using the Compute API` : `The attachment belongs to instance ${serverId ?? ''} and is changed by compute only`;
    super('block-storage.attachment.of-server', what);
  }
}

/** Somebody has the volume, or something else is being done to it. */
export class VolumeNotReservable extends VolumeState {
  constructor(volume: { id: string; status: string; isMultiattach: boolean }) {
    super(`Volume ${volume.id} status must be ${reservableStatuses(volume).join(' or ')} to reserve, but the current status is ${volume.status}.`);
  }
}

/** The attachment's state does not allow it. */
export class AttachmentNotFit extends Invalid {
  constructor(id: string, state: string, wanted: string) {
    super('block-storage.attachment.state', `Volume attachment ${id} is ${state} and cannot be ${wanted}.`);
  }
}

export class ConnectorUnusable extends Invalid {
  constructor(reason: string) {
    super('block-storage.attachment.connector', `Invalid input received: ${reason}`);
  }
}

/** Each host that is told costs its storage host a daemon and a port. */
export class TooManyHosts extends OverLimit {
  constructor(limit: number) {
    super('block-storage.attachment.hosts', `Volumes of one project can be connected to ${limit} hosts at once, beside those of its servers.`);
  }
}

/** The storage host did not answer while the client waited; it is still asked. */
export class NotConnectedYet extends Unavailable {
  constructor(id: string) {
    super('block-storage.attachment.not-connected', `The storage host has not connected attachment ${id} yet. It is still being asked; look at the attachment again.`);
  }
}

/** The connection was tried and ended in error; the message is the storage host's own. */
export class ConnectionFailed extends Conflict {
  constructor(message: string) {
    super('block-storage.attachment.failed', message);
  }
}

export class StorageHostSilent extends Unavailable {
  constructor(doing: 'connect' | 'detach') {
    super('block-storage.attachment.storage-silent', doing === 'connect'
      ? 'The storage host of the volume did not connect it in time.'
      : 'The storage host of the volume has not confirmed that nobody can reach it any more. The volume becomes available when it does.');
  }
}

export class ModeRefused extends Invalid {
  constructor(volumeId: string, mode: string) {
    super('block-storage.attachment.mode', `Invalid attaching mode '${mode}' for volume ${volumeId}.`);
  }
}
