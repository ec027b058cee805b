import { Conflict, Invalid, NotFound } from '@virga/kernel';

export class VolumeTypeExists extends Conflict {
  constructor(name: string) {
    super('block-storage.volume-type.exists', `Volume Type ${name.slice(0, 255)} already exists.`);
  }
}

export class VolumeTypeChangeInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.volume-type.change', message);
  }
}

/** Volumes of the type exist, and what was asked for would change what they are. */
export class VolumeTypeInUse extends Invalid {
  constructor(message: string) {
    super('block-storage.volume-type.in-use', message);
  }
}

export class VolumeTypeIsDefault extends Invalid {
  constructor(id: string) {
    super('block-storage.volume-type.default', `The volume type ${id} is a default volume type and cannot be deleted.`);
  }
}

export class TypeFilterInvalid extends Invalid {
  constructor(name: string, value: string) {
    super('block-storage.volume-type.filter', `Invalid ${name} filter [${value.slice(0, 64)}]`);
  }
}

export class ExtraSpecUnknown extends NotFound {
  constructor(id: string, key: string) {
    super('block-storage.volume-type.extra-spec.unknown', `Volume Type ${id.slice(0, 64)} has no extra specs with key ${key.slice(0, 255)}.`);
  }
}

export class ExtraSpecInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.volume-type.extra-spec', message);
  }
}

/** Access lists are those of private types. */
export class VolumeTypeIsPublic extends Invalid {
  constructor() {
    super('block-storage.volume-type.public', 'Invalid volume type: Type access modification is not applicable to public volume type.');
  }
}

export class AccessListUnknown extends NotFound {
  constructor() {
    super('block-storage.volume-type.access.unknown', 'Access list not available for public volume types.');
  }
}

export class AccessUnknown extends NotFound {
  constructor(id: string, project: string) {
    super('block-storage.volume-type.access.unknown', `Volume type access not found for ${id.slice(0, 64)} / ${project.slice(0, 64)} combination.`);
  }
}

export class AccessExists extends Conflict {
  constructor(id: string, project: string) {
    super('block-storage.volume-type.access.exists', `Volume type access for ${id.slice(0, 64)} / ${project.slice(0, 64)} combination already exists.`);
  }
}

export class EncryptionExists extends Invalid {
  constructor(typeId: string) {
    super('block-storage.volume-type.encryption.exists', `Volume type encryption for type ${typeId.slice(0, 64)} already exists.`);
  }
}

export class EncryptionUnknown extends NotFound {
  constructor(typeId: string) {
    super('block-storage.volume-type.encryption.unknown', `Volume type encryption for type ${typeId.slice(0, 64)} does not exist.`);
  }
}

export class DefaultTypeUnknown extends NotFound {
  constructor(project: string) {
    super('block-storage.default-type.unknown', `Default type for project ${project.slice(0, 64)} not found.`);
  }
}

export class DefaultTypeInvalid extends Invalid {
  constructor(idOrName: string) {
    super('block-storage.default-type.invalid', `Volume type ${idOrName.slice(0, 64)} could not be found.`);
  }
}
