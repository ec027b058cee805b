import { Conflict, Invalid, NotFound } from '@virga/kernel';

export class GroupTypeUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.group-type.unknown', `Group type ${id.slice(0, 255)} could not be found.`);
  }
}

/** The configuration names no group type as the default, or one that there is not. */
export class NoDefaultGroupType extends NotFound {
  constructor() {
    super('block-storage.group-type.unknown', 'Default group type can not be found.');
  }
}

export class GroupTypeExists extends Conflict {
  constructor(name: string) {
    super('block-storage.group-type.exists', `Group Type ${name} already exists.`);
  }
}

export class GroupTypeInUse extends Invalid {
  constructor() {
    super('block-storage.group-type.in-use', 'Target group type is still in use.');
  }
}

export class GroupSpecUnknown extends NotFound {
  constructor(type: string, key: string) {
    super('block-storage.group-type.spec-unknown', `Group Type ${type} has no extra spec with key ${key.slice(0, 255)}.`);
  }
}
