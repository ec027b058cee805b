import { Injectable } from '@nestjs/common';
import { backups as contract } from '@virga/contracts-block-storage';
import { Invalid, raise, type Caller, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { charge } from '../quota.js';
import { BackupAccess } from './backup-access.js';
import { readRecord, recordOf, type RecordedBackup } from './backup-record.js';
import { BackupWork } from './backup-work.js';
import { requireBackupStatus, type Backup, type BackupId } from './backup.js';

class Known extends Invalid {
  constructor(id: string) {
    super('block-storage.backup.record', `Invalid backup: Backup already exists in database: ${id}.`);
  }
}

/** The key of an encrypted backup does not leave the cloud. */
class Encrypted extends Invalid {
  constructor() {
    super('block-storage.backup.encryption', 'Invalid backup: an encrypted backup can only be read by the cloud that made it; its record cannot be exported.');
  }
}

/** Knowledge of backups that goes from one cloud to another. */
@Injectable()
export class BackupRecords {
  constructor(
    private readonly db: Database,
    private readonly work: BackupWork,
    private readonly access: BackupAccess,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
  ) {}

  async export(caller: Caller, id: string): Promise<string> {
    const backup = await this.access.require(caller, contract.exportBackupRecord.policy, id);
    requireBackupStatus(backup, ['available']);
    if (backup.keyId !== null) throw new Encrypted();
    return recordOf(await this.work.backups.chain(this.db, backup.id));
  }

  /**
   * The backup of the record, with its parents. They are the project's whose they were, so that nobody gets at what is in another's account by a
   * record that was made up.
   */
  async import(caller: Caller, service: string, text: string): Promise<Backup> {
    this.policy.require(caller, contract.importBackupRecord.policy, { project_id: caller.projectId, user_id: caller.userId });
    const chain = readRecord(service, text);
    return this.db.transaction((tx) => this.insert(tx, caller.userId as UserId, chain));
  }

  private async insert(tx: Tx, userId: UserId, chain: readonly RecordedBackup[]): Promise<Backup> {
    const backend = await this.work.anyBackend(tx, '');
    let parent: Backup | undefined;
    for (const [index, recorded] of chain.entries()) {
      const there = await this.work.backups.find(tx, recorded.id);
      // Parents that are known already are what the record says, if they are the project's.
      if (there !== undefined && (index === chain.length - 1 || there.projectId !== recorded.projectId)) throw new Known(recorded.id);
      parent = there ?? await this.insertOne(tx, userId, recorded, { parent, backend });
    }
    return parent ?? raise(new Known(''));
  }

  private async insertOne(tx: Tx, userId: UserId, recorded: RecordedBackup, { parent, backend }: { parent: Backup | undefined; backend: string }): Promise<Backup> {
    await charge(this.quotas, tx, recorded.projectId, { backups: 1, backup_gigabytes: recorded.sizeGibibytes });
    return this.work.backups.insert(tx, {
      id: recorded.id as BackupId, projectId: recorded.projectId as ProjectId, userId, volumeId: recorded.volumeId as VolumeId, snapshotId: null, parentId: parent?.id ?? null, pointId: null, name: recorded.name,
      description: recorded.description, status: 'available', sizeGibibytes: recorded.sizeGibibytes, place: recorded.place, container: recorded.container,
      prefix: recorded.prefix, backend, availabilityZone: null, keyId: null, isBootable: recorded.isBootable, imageMetadata: recorded.imageMetadata,
      volumeMetadata: recorded.volumeMetadata ?? null,
      metadata: recorded.metadata, dataAt: new Date(recorded.dataAt), objectCount: recorded.objectCount, storedBytes: recorded.storedBytes,
    });
  }
}
