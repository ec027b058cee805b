import { Controller } from '@nestjs/common';
import { isTrue, reply, type InputOf, type OutputOf } from '@virga/contract';
import { backups as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { BackupAccess } from './backup-access.js';
import { BackupActions } from './backup-actions.js';
import { BACKUP_SERVICE } from './backup-record.js';
import { BackupRecords } from './backup-records.service.js';
import { backupReference, backupView } from './backups.views.js';
import { BackupsService, type ListedBackups } from './backups.service.js';
import { CreateBackups, type BackupWish } from './create-backups.js';

@Controller()
export class BackupsController {
  constructor(
    private readonly backups: BackupsService,
    private readonly creation: CreateBackups,
    private readonly actions: BackupActions,
    private readonly records: BackupRecords,
    private readonly access: BackupAccess,
  ) {}

  @Endpoint(contract.listBackups)
  async list(input: InputOf<typeof contract.listBackups>): Promise<OutputOf<typeof contract.listBackups>> {
    const listed = await this.backups.list(input.caller, input.query);
    return { backups: listed.backups.map((backup) => backupReference(backup, input)), ...pageOf(listed, input) };
  }

  @Endpoint(contract.listBackupDetails)
  async detail(input: InputOf<typeof contract.listBackupDetails>): Promise<OutputOf<typeof contract.listBackupDetails>> {
    const listed = await this.backups.list(input.caller, input.query);
    const showsProject = this.access.showsProject(input.caller);
    return { backups: listed.backups.map((backup) => backupView(backup, input, { showsProject })), ...pageOf(listed, input) };
  }

  @Endpoint(contract.createBackup)
  async create(input: InputOf<typeof contract.createBackup>): Promise<OutputOf<typeof contract.createBackup>> {
    return { backup: backupReference(await this.creation.create(input.caller, wishOf(input.body)), input) };
  }

  @Endpoint(contract.showBackup)
  async show(input: InputOf<typeof contract.showBackup>): Promise<OutputOf<typeof contract.showBackup>> {
    const backup = await this.access.require(input.caller, contract.showBackup.policy, input.params['backup_id'] as string);
    return { backup: backupView(backup, input, { showsProject: this.access.showsProject(input.caller, backup.projectId) }) };
  }

  @Endpoint(contract.updateBackup)
  async update(input: InputOf<typeof contract.updateBackup>): Promise<OutputOf<typeof contract.updateBackup>> {
    const { name, description, metadata } = input.body.backup;
    const change = { ...(name !== undefined && { name }), ...(description !== undefined && { description }), ...(metadata !== undefined && { metadata: metadata ?? {} }) };
    return { backup: backupReference(await this.backups.update(input.caller, input.params['backup_id'] as string, change), input) };
  }

  @Endpoint(contract.deleteBackup)
  async delete({ caller, params }: InputOf<typeof contract.deleteBackup>): Promise<OutputOf<typeof contract.deleteBackup>> {
    await this.actions.delete(caller, params['backup_id'] as string);
    return reply(undefined);
  }

  @Endpoint(contract.restoreVolumeBackup)
  async restore({ caller, params, body, request }: InputOf<typeof contract.restoreVolumeBackup>): Promise<OutputOf<typeof contract.restoreVolumeBackup>> {
    const { volume_id: volumeId, name } = body.restore;
    const id = params['backup_id'] as string;
    const volume = await this.actions.restore(caller, id, { volumeId: volumeId ?? undefined, name: name ?? null }, request.signal);
    return { restore: { backup_id: id, volume_id: volume.id, volume_name: volume.name } };
  }

  @Endpoint(contract.exportBackupRecord)
  async export({ caller, params }: InputOf<typeof contract.exportBackupRecord>): Promise<OutputOf<typeof contract.exportBackupRecord>> {
    return { 'backup-record': { backup_service: BACKUP_SERVICE, backup_url: await this.records.export(caller, params['backup_id'] as string) } };
  }

  @Endpoint(contract.importBackupRecord)
  async import(input: InputOf<typeof contract.importBackupRecord>): Promise<OutputOf<typeof contract.importBackupRecord>> {
    const { backup_service: service, backup_url: text } = input.body['backup-record'];
    return { backup: backupReference(await this.records.import(input.caller, service, text), input) };
  }

  @Endpoint(contract.resetBackupStatus)
  async resetStatus({ caller, params, body }: InputOf<typeof contract.resetBackupStatus>): Promise<OutputOf<typeof contract.resetBackupStatus>> {
    await this.actions.resetStatus(caller, params['backup_id'] as string, body['os-reset_status'].status);
    return reply(undefined);
  }

  @Endpoint(contract.forceDeleteBackup)
  async forceDelete({ caller, params }: InputOf<typeof contract.forceDeleteBackup>): Promise<OutputOf<typeof contract.forceDeleteBackup>> {
    await this.actions.forceDelete(caller, params['backup_id'] as string);
    return reply(undefined);
  }
}

function wishOf({ backup }: InputOf<typeof contract.createBackup>['body']): BackupWish {
  return {
    volumeId: backup.volume_id, snapshotId: backup.snapshot_id ?? undefined, name: backup.name ?? null, description: backup.description ?? null,
    container: backup.container ?? undefined, isIncremental: isTrue(backup.incremental) === true, isForced: isTrue(backup.force) === true,
    metadata: backup.metadata ?? {}, zone: backup.availability_zone ?? null,
  };
}

function pageOf({ backups, isFull, count }: ListedBackups, input: InputOf<typeof contract.listBackups>): { backups_links?: { rel: string; href: string }[]; count?: number } {
  return { ...nextLinks('backups_links', input.request, input.caller, { isFull, last: backups.at(-1)?.id }), ...(count !== undefined && { count }) };
}
