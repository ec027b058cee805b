import { Injectable } from '@nestjs/common';
import { Invalid, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { BackendsRepository } from '../../backends/index.js';
import { Reservations } from '../../scheduling/index.js';
import { isMultiattachType, ChosenTypesRepository, requireProvisionable, type VolumeType } from '../../volume-types/index.js';
import { VolumeMeans } from '../volume-means.js';
import type { Volume } from '../volume.js';
import { placementOf } from './move-place.js';

/** The backend that was asked for does not exist, or cannot take the volume. */
class BackendUnusable extends Invalid {
  constructor(reason: string) {
    super('block-storage.backend.unknown', `Invalid host: ${reason}`);
  }
}

/** A type that the volume cannot have, or not without being moved. */
export class RetypeImpossible extends Invalid {
  constructor(reason: string) {
    super('block-storage.volume.retype', `Invalid input received: ${reason}`);
  }
}

/** Looks up what requests for other types and other backends name, and whether it fits; changes nothing. */
@Injectable()
export class MoveRequests {
  constructor(
    private readonly db: Database,
    private readonly types: ChosenTypesRepository,
    private readonly backends: BackendsRepository,
    private readonly reservations: Reservations,
    private readonly means: VolumeMeans,
  ) {}

  /** The type that the volume is to have. Throws `RetypeImpossible`. */
  async type(caller: Caller, volume: Volume, idOrName: string): Promise<VolumeType> {
    const asker = { projectId: volume.projectId, isAdmin: caller.roles.has('admin') };
    const type = await this.types.choose(this.db, idOrName, asker);
    if (type === undefined) throw new RetypeImpossible(`Invalid volume_type passed: ${idOrName.slice(0, 64)}.`);
    if (type.isEncrypted !== (volume.keyId !== null)) {
      throw new RetypeImpossible('A volume is not encrypted or decrypted by giving it another type: make a volume of that type from it.');
    }
    if (type.isEncrypted && isMultiattachType(type.extraSpecs)) {
      throw new RetypeImpossible('Retype requested both encryption and multi-attach, which is not supported.');
    }
    requireProvisionable(type, volume.sizeGibibytes);
    const former = await this.types.find(this.db, volume.typeId);
    if (volume.status === 'in-use' && former?.qosSpecsId !== type.qosSpecsId) throw new RetypeImpossible('For in-use volumes front-end qos specs cannot change.');
    return type;
  }

  /** Whether the volume can have the type where it is. */
  async suits(volume: Volume, type: VolumeType): Promise<boolean> {
    const wanted = { ...placementOf(volume, type, { onlyOn: volume.backend === null ? [] : [volume.backend], notOn: [] }), sizeGibibytes: 0 };
    return (await this.reservations.decide(wanted)).ranked.length > 0;
  }

  /** The name of the backend that `HOST@BACKEND#POOL` means. Throws `BackendUnusable`. */
  async backend(host: string): Promise<string> {
    const name = host.split('#')[0] ?? '';
    if ((await this.backends.find(this.db, name)) === undefined) throw new BackendUnusable(`No available service named '${host.slice(0, 255)}'`);
    return name;
  }

  /** Throws `BackendUnusable`, with the reason, where the backend cannot take the volume; until the transaction ends, nobody else is placed there. */
  async requireRoom(tx: Tx, volume: Volume, target: string): Promise<void> {
    const type = await this.types.find(tx, volume.typeId);
    if (type === undefined) return;
    const wanted = placementOf(volume, type, { onlyOn: [target], notOn: [] });
    if (await this.reservations.stillFits(tx, wanted, target)) return;
    const verdict = (await this.reservations.decide(wanted)).verdicts.find(({ candidate }) => candidate.name === target);
    throw new BackendUnusable(`'${target}' cannot take the volume (${verdict?.outcome === 'rejected' ? verdict.reason : 'capacity'}).`);
  }

  /** Throws `OverLimit` where the type has limits of its own that the volume does not fit into. */
  requireQuota(tx: Tx, volume: Volume, type: VolumeType): Promise<void> {
    return this.means.retypeTo(tx, volume, type);
  }
}
