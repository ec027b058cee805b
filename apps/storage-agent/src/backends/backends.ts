import { raise } from '@virga/kernel';
import { Refused, type VolumeBackend } from '@virga/ports';

/** One place for volumes of this host, as the operator named it. */
export interface NamedBackend {
  name: string;
  /** The driver's name: `file`, `rbd`. */
  kind: string;
  backend: VolumeBackend;
  /** How much of it block storage may promise, as the operator says. */
  promises: { reservedPercentage: number; maxOverSubscriptionRatio: number };
}

/** The places for volumes that this host has. */
export class Backends {
  constructor(readonly all: readonly NamedBackend[]) {}

  /** `Refused` where this host has none of that name. */
  get(name: string): VolumeBackend {
    const found = this.all.find((candidate) => candidate.name === name);
    return found?.backend ?? raise(new Refused('storage', `this host has no backend ${name}`));
  }
}
