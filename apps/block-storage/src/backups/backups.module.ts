import { Module, type OnModuleInit } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { MessagesModule } from '../messages/index.js';
import { ReportsModule } from '../reports/index.js';
import { VolumeRestorations, VolumesModule, VolumesRepository } from '../volumes/index.js';
import { BackupAccess } from './backup-access.js';
import { BackupActions, RestoredVolumes } from './backup-actions.js';
import { BackupPlaces } from './backup-places.js';
import { BackupRecords } from './backup-records.service.js';
import { BackedVolumes, BackupHosts, BackupWork } from './backup-work.js';
import { requireBackupStatus } from './backup.js';
import { BackupsController } from './backups.controller.js';
import { BackupsRepository } from './backups.repository.js';
import { BackupsService } from './backups.service.js';
import { BackupMeans, BackupSources, CreateBackups } from './create-backups.js';
import { CreateBackup } from './operations/create-backup.operation.js';
import { DeleteBackup } from './operations/delete-backup.operation.js';
import { RestoreBackup } from './operations/restore-backup.operation.js';
import { PointsReconciler } from './points.reconciler.js';
import { PointsRepository } from './points.repository.js';

@Module({
  imports: [BackendsModule, ReportsModule, VolumesModule, MessagesModule],
  controllers: [BackupsController],
  providers: [
    BackupsRepository, PointsRepository, BackupAccess, BackupsService, BackupPlaces, BackupHosts, BackedVolumes, BackupWork, BackupSources, BackupMeans, CreateBackups,
    RestoredVolumes, BackupActions, BackupRecords, CreateBackup, DeleteBackup, RestoreBackup, PointsReconciler,
  ],
  exports: [BackupsRepository, CreateBackups, BackupActions],
})
export class BackupsModule implements OnModuleInit {
  constructor(
    private readonly restorations: VolumeRestorations,
    private readonly backups: BackupsRepository,
    private readonly volumes: VolumesRepository,
    private readonly actions: BackupActions,
  ) {}

  onModuleInit(): void {
    this.restorations.register({
      origin: async (db, id) => {
        const backup = await this.backups.details(db, id);
        return backup && { ...backup, typeId: (await this.volumes.find(db, backup.volumeId))?.typeId };
      },
      begin: async (tx, id, volume, by) => {
        const backup = await this.backups.lock(tx, id);
        requireBackupStatus(backup, ['available']);
        await this.actions.startRestore(tx, by, backup, volume);
      },
    });
  }
}
