import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Qos } from './volume-limits.js';

/** Limits that volume types can be associated with. */
export interface QosSpecs extends Qos {
  id: string;
  name: string;
}

/** A volume type that QoS specs hold for. */
export interface QosAssociation {
  typeId: string;
  typeName: string;
}

export class QosUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.qos.unknown', `No such QoS spec ${id.slice(0, 64)}.`);
  }
}

export class QosExists extends Conflict {
  constructor(name: string) {
    super('block-storage.qos.exists', `QoS Specs ${name.slice(0, 255)} already exists.`);
  }
}

export class QosInUse extends Invalid {
  constructor() {
    super('block-storage.qos.in-use', 'Qos specs still in use.');
  }
}

export class QosKeyUnknown extends NotFound {
  constructor(id: string, key: string) {
    super('block-storage.qos.key-unknown', `QoS spec ${id.slice(0, 64)} has no spec with key ${key.slice(0, 255)}.`);
  }
}
