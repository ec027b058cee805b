import { Conflict, Invalid, NotFound } from '@virga/kernel';
import { GROUP_STATUSES } from './group.js';

export class GroupUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.group.unknown', `Group ${id.slice(0, 64)} could not be found.`);
  }
}

/** The group, or what is in it, does not allow this. Cinder answers 400. */
export class GroupState extends Invalid {
  constructor(reason: string) {
    super('block-storage.group.state', `Invalid group: ${reason}`);
  }
}

/** A volume cannot be put into the group, or taken out. Cinder answers 400. */
export class GroupVolumes extends Invalid {
  constructor(reason: string) {
    super('block-storage.group.volumes', `Invalid volume: ${reason}`);
  }
}

export class GroupStatusUnknown extends Invalid {
  constructor(status: string) {
    super('block-storage.group.status-unknown', `Group status: ${status.slice(0, 60)} is invalid, valid status are: ${GROUP_STATUSES.join(', ')}.`);
  }
}

/** Nothing here replicates volumes: the group's type, or its volumes' types, or their backend does not. */
export class NotReplicated extends Invalid {
  constructor(reason: string) {
    super('block-storage.group.not-replicated', reason);
  }
}

/** Somebody else changed the group between our look and our write. */
export class GroupChangedMeanwhile extends Conflict {
  constructor(id: string) {
    super('block-storage.group.concurrent-update', `Group ${id} was changed by another request; try again.`);
  }
}

export class GroupSnapshotUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.group-snapshot.unknown', `GroupSnapshot ${id.slice(0, 64)} could not be found.`);
  }
}
