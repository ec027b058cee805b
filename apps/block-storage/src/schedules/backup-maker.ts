import { Injectable } from '@nestjs/common';
import type { ProjectId } from '@virga/kernel';
import type { Initiator, WakeKey } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BackupActions, backupSettled, BackupsRepository, CreateBackups, type Backup } from '../backups/index.js';
import type { Volume } from '../volumes/index.js';
import type { BegunProduct, Maker, Making, WantedProduct } from './maker.js';
import type { ProductState } from './retention.js';

const STATES: Partial<Record<Backup['status'], ProductState['state']>> = { available: 'ready', restoring: 'ready', error: 'failed', error_deleting: 'failed', deleting: 'leaving' };

/** Makes backups, each volume's by itself; also of volumes in use. */
@Injectable()
export class BackupMaker implements Maker {
  constructor(private readonly backups: BackupsRepository, private readonly creation: CreateBackups, private readonly actions: BackupActions) {}

  togetherKey({ id }: Volume): string {
    return id;
  }

  async start(tx: Tx, wanted: readonly WantedProduct[], { owner, name, description, metadata }: Making, by: Initiator): Promise<BegunProduct[]> {
    const begun: BegunProduct[] = [];
    for (const { volume, isIncremental } of wanted) {
      const wish = { volumeId: volume.id, snapshotId: undefined, name, description, container: undefined, isIncremental, isForced: true, metadata, zone: null };
      const { id, parentId } = await this.creation.accept(tx, owner, wish, by);
      begun.push({ id, volumeId: volume.id, isIncremental: parentId !== null });
    }
    return begun;
  }

  async states(db: Reader, projectId: ProjectId, ids: readonly string[]): Promise<ReadonlyMap<string, ProductState>> {
    const found = (await this.backups.byIds(db, ids)).filter((backup) => backup.projectId === projectId);
    return new Map(found.map(({ id, status, fault, hasDependents }) => [
      id, { state: STATES[status] ?? 'pending', message: fault?.message ?? null, isNeeded: hasDependents || status === 'restoring' },
    ]));
  }

  async remove(tx: Tx, id: string, by: Initiator): Promise<void> {
    await this.actions.beginDelete(tx, id, by);
  }

  settled(id: string): WakeKey {
    return backupSettled(id);
  }
}
