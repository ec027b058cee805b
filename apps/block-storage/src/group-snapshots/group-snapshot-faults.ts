import { Conflict, Invalid } from '@virga/kernel';
import { GROUP_SNAPSHOT_STATUSES } from './group-snapshot.js';

/** The group snapshot is not in a status in which this can be done. Cinder answers 400. */
export class GroupSnapshotState extends Invalid {
  constructor(reason: string) {
    super('block-storage.group-snapshot.state', `Invalid GroupSnapshot: ${reason}`);
  }
}

export class GroupSnapshotStatusUnknown extends Invalid {
  constructor(status: string) {
    super(
      'block-storage.group-snapshot.status-unknown',
      `Group snapshot status: ${status.slice(0, 60)} is invalid, valid statuses are: ${GROUP_SNAPSHOT_STATUSES.join(', ')}.`,
    );
  }
}

/** Somebody else changed the group snapshot between our look and our write. */
export class GroupSnapshotChangedMeanwhile extends Conflict {
  constructor(id: string) {
    super('block-storage.group-snapshot.concurrent-update', `Group snapshot ${id} was changed by another request; try again.`);
  }
}
