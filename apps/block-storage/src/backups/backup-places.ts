import { Inject, Injectable } from '@nestjs/common';
import type { BackupPlace } from '@virga/contracts-block-storage';
import { issueObjectPass, type ObjectPass } from '@virga/contracts-object-storage';
import { CLOCK, hours, type Clock } from '@virga/kernel';
import type { Backup } from './backup.js';

/** Where backups go, and how storage hosts are let in there. */
export interface BackupSettings {
  place: Backup['place'];
  /** The object storage service: `http://192.0.2.1:8080`. */
  objectsUrl: string;
  /** Signs passes; object storage has the same. */
  passKey: Buffer;
}

/** The injection token of `BackupSettings`. */
export const BACKUP_SETTINGS = Symbol('backup settings');

/** The container of backups that name none, as Cinder has it. */
export const DEFAULT_CONTAINER = 'volumebackups';

/**
 * How long a storage host may be at a backup's objects after it was told to.
 *
 * Too short: large backups stop, until the command is sent again. Too long: a taken-over host can read what it has no more to do with.
 */
const PASS_VALIDITY = hours(2);

/** Says where a backup's objects are, with what lets a storage host at them. */
@Injectable()
export class BackupPlaces {
  constructor(@Inject(BACKUP_SETTINGS) private readonly settings: BackupSettings, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Where new backups go. */
  get kind(): Backup['place'] {
    return this.settings.place;
  }

  get now(): number {
    return this.clock.now();
  }

  of({ place, accountProjectId, container, prefix }: Pick<Backup, 'place' | 'accountProjectId' | 'container' | 'prefix'>, purpose: ObjectPass['purpose']): BackupPlace {
    if (place === 'directory') return { kind: 'directory', prefix };
    const where = { account: `AUTH_${accountProjectId}`, container: container ?? DEFAULT_CONTAINER, prefix };
    return {
      kind: 'objects', prefix, containerUrl: `${this.settings.objectsUrl}/v1/${where.account}/${encodeURIComponent(where.container)}`,
      pass: issueObjectPass(this.settings.passKey, { ...where, purpose }, this.clock.now(), PASS_VALIDITY),
    };
  }
}

/** What `prefixOf` makes: whoever is let in by any other could read, and remove, what is no backup. */
export const BACKUP_PREFIX = '^volume_[0-9a-f-]{36}/[0-9]{14}_backup_[0-9a-f-]{36}/$';

/** What all objects of a backup begin with: findable by people, and no other backup's. */
export function prefixOf(volumeId: string, backupId: string, at: Date): string {
  return `volume_${volumeId}/${at.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}_backup_${backupId}/`;
}
