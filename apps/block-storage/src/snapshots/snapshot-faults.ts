import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { SnapshotStatus } from './snapshot.js';

export class SnapshotUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.snapshot.unknown', `Snapshot ${id.slice(0, 64)} could not be found.`);
  }
}

/** The snapshot is not in a status in which this can be done. Cinder answers 400. */
export class SnapshotBusy extends Invalid {
  constructor(id: string, message: string) {
    super('block-storage.snapshot.state', `Invalid snapshot: ${message}`, { details: { snapshot: id } });
  }
}

export class SnapshotStatusUnknown extends Invalid {
  constructor(status: string, known: readonly SnapshotStatus[]) {
    super('block-storage.snapshot.status-unknown', `Snapshot status: ${status.slice(0, 60)} is invalid, valid statuses are: ${known.join(', ')}.`);
  }
}

/** Somebody else changed the snapshot between our look and our write: an operation's step looks again. */
export class SnapshotChangedMeanwhile extends Conflict {
  constructor(id: string) {
    super('block-storage.snapshot.concurrent-update', `Snapshot ${id} was changed by another request; try again.`);
  }
}

export class MetadataEntryUnknown extends NotFound {
  constructor(id: string, key: string) {
    super('block-storage.snapshot.metadata-unknown', `Snapshot ${id} has no metadata with key ${key.slice(0, 255)}.`);
  }
}

/** The volume cannot be snapshotted as it is. Cinder answers 400. */
export class VolumeNotSnapshotted extends Invalid {
  constructor(id: string, message: string) {
    super('block-storage.volume.state', `Invalid volume: ${message}`, { details: { volume: id } });
  }
}

/** Nothing on the volume's backend goes by this reference, or it is of another volume, or managed already. */
export class ReferenceUnknown extends Invalid {
  constructor() {
    super('block-storage.snapshot.reference', 'Manage existing snapshot failed due to invalid backend reference: there is no unmanaged snapshot of this volume by that name.');
  }
}
