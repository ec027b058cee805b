import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/index.js';
import { MessagesModule } from '../messages/index.js';
import { QosSpecsModule } from '../qos-specs/index.js';
import { ReportsModule } from '../reports/index.js';
import { VolumeActionsModule, VolumesModule } from '../volumes/index.js';
import { AttachmentAccess } from './attachment-access.js';
import { AttachmentCalls } from './attachment-calls.js';
import { AttachmentChanges } from './attachment-changes.js';
import { AttachmentLifecycle } from './attachment-lifecycle.js';
import { AttachmentNews } from './attachment-news.js';
import { AttachmentWait } from './attachment-wait.js';
import { AttachmentsController } from './attachments.controller.js';
import { AttachmentRepairs, AttachmentsReconciler } from './attachments.reconciler.js';
import { AttachmentsRepository } from './attachments.repository.js';
import { AttachmentRows, AttachmentsService } from './attachments.service.js';
import { ExportDebts } from './export-debts.js';
import { ExportTeardown } from './export-teardown.js';
import { ConnectAttachment } from './operations/connect-attachment.operation.js';
import { ReleaseAttachment } from './operations/release-attachment.operation.js';
import { ReimageCalls } from './reimage-calls.js';
import { SeenAttachmentsRepository } from './seen-attachments.repository.js';
import { UsersConnections } from './users-connections.js';
import { VolumeAttachingController } from './volume-attaching.controller.js';
import { HeldVolumes, VolumeAttaching } from './volume-attaching.service.js';

@Module({
  imports: [BackendsModule, ReportsModule, VolumesModule, VolumeActionsModule, QosSpecsModule, MessagesModule],
  controllers: [AttachmentsController, VolumeAttachingController],
  providers: [
    AttachmentsRepository, SeenAttachmentsRepository, AttachmentNews, AttachmentChanges, AttachmentLifecycle, ExportTeardown, ExportDebts, ConnectAttachment, ReleaseAttachment,
    AttachmentAccess, AttachmentWait, UsersConnections, AttachmentRows, AttachmentsService, HeldVolumes, VolumeAttaching, AttachmentCalls, ReimageCalls,
    AttachmentRepairs, AttachmentsReconciler,
  ],
  exports: [AttachmentsRepository],
})
export class AttachmentsModule {}
