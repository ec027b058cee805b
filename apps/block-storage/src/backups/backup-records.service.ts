import { Injectable } from '@nestjs/common';
import { backups as contract } from '@virga/contracts-block-storage';
import { Forbidden, Invalid, raise, type Caller, type ProjectId, type UserId, type VolumeId } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { charge } from '../quota.js';
import { BackupAccess } from './backup-access.js';
import { readRecord, recordOf, type RecordedBackup } from './backup-record.js';
import { BackupWork } from './backup-work.js';
import { requireBackupStatus, type Backup, type BackupId } from './backup.js';

type Owner = Pick<Backup, 'projectId' | 'userId'>;

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
   * The backup of the record, with those of its parents that are not known yet; they become the caller's project's, as in Cinder, and their bytes stay
   * where they are. Whoever may import can therefore read any account's backups: the rule's default is administrators only.
   */
  async import(caller: Caller, service: string, text: string): Promise<Backup> {
    this.policy.require(caller, contract.importBackupRecord.policy, { project_id: caller.projectId, user_id: caller.userId });
    const chain = readRecord(service, text);
    if (caller.projectId === undefined) throw new Forbidden('block-storage.backup.no-project', 'A backup belongs to a project: use a token that is scoped to one.');
    const owner = { projectId: caller.projectId as ProjectId, userId: caller.userId as UserId };
    return this.db.transaction((tx) => this.insert(tx, owner, chain));
  }

  private async insert(tx: Tx, owner: Owner, chain: readonly RecordedBackup[]): Promise<Backup> {
    const backend = await this.work.anyBackend(tx, '');
    let parent: Backup | undefined;
    for (const [index, recorded] of chain.entries()) {
      const there = await this.work.backups.find(tx, recorded.id);
      // Parents that are known already are what the record says, if their bytes are the same.
      if (there !== undefined && (index === chain.length - 1 || there.prefix !== recorded.prefix || there.accountProjectId !== recorded.projectId)) throw new Known(recorded.id);
      parent = there ?? await this.insertOne(tx, owner, recorded, { parent, backend });
    }
    return parent ?? raise(new Known(''));
  }

  private async insertOne(tx: Tx, owner: Owner, recorded: RecordedBackup, { parent, backend }: { parent: Backup | undefined; backend: string }): Promise<Backup> {
    await charge(this.quotas, tx, owner.projectId, { backups: 1, backup_gigabytes: recorded.sizeGibibytes });
    return this.work.backups.insert(tx, {
      ...owner, id: recorded.id as BackupId, volumeId: recorded.volumeId as VolumeId, snapshotId: null, parentId: parent?.id ?? null, pointId: null,
      name: recorded.name, description: recorded.description, status: 'available', sizeGibibytes: recorded.sizeGibibytes,
      place: recorded.place, accountProjectId: recorded.projectId as ProjectId, container: recorded.container,
      prefix: recorded.prefix, backend, availabilityZone: null, keyId: null, isBootable: recorded.isBootable, imageMetadata: recorded.imageMetadata,
      volumeMetadata: recorded.volumeMetadata ?? null,
      metadata: recorded.metadata, dataAt: new Date(recorded.dataAt), objectCount: recorded.objectCount, storedBytes: recorded.storedBytes,
    });
  }
}
