import { Injectable } from '@nestjs/common';
import { NotFound } from '@virga/kernel';
import type { Initiator } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import type { Volume } from './volume.js';

/** A backup as far as making a volume of it depends on it. */
export interface BackupOrigin {
  projectId: string;
  sizeGibibytes: number;
  status: string;
  keyId: string | null;
  /** Of the volume that it was made from; undefined where nobody remembers. */
  typeId: string | undefined;
}

/** What backups do for volumes that are made from them. */
export interface Restoration {
  origin: (db: Reader, backupId: string) => Promise<BackupOrigin | undefined>;
  /** Lets the backup be written to the volume, once that is made; throws where the backup is busy. */
  begin: (tx: Tx, backupId: string, volume: Volume, by: Initiator) => Promise<void>;
}

export class BackupUnknownHere extends NotFound {
  constructor(id: string) {
    super('block-storage.backup.unknown', `Backup ${id.slice(0, 64)} could not be found.`);
  }
}

/** Backups say at start that they are there, since volumes do not know them. */
@Injectable()
export class VolumeRestorations {
  private restoration: Restoration | undefined;

  register(restoration: Restoration): void {
    this.restoration = restoration;
  }

  async origin(db: Reader, backupId: string): Promise<BackupOrigin | undefined> {
    return this.restoration?.origin(db, backupId);
  }

  async begin(tx: Tx, backupId: string, volume: Volume, by: Initiator): Promise<void> {
    if (this.restoration === undefined) throw new BackupUnknownHere(backupId);
    await this.restoration.begin(tx, backupId, volume, by);
  }
}
