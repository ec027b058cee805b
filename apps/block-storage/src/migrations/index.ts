import { outboxMigrations } from '@virga/messaging/outbox';
import { operationMigrations } from '@virga/operations';
import { idempotencyMigrations, type Migration } from '@virga/persistence';
import { createBackends, createTypes } from './0001-backends-and-types.js';
import { createGroups, extendSnapshots } from './0100-snapshots-and-groups.js';
import { createObservations, createSchedulingDecisions, createVolumes } from './0003-volumes.js';
import { createMessages } from './0040-messages.js';
import { addGrowth } from './0006-growth.js';
import { forgottenAttachments, leavingAttachments } from './0200-attachments.js';
import { createSchedules } from './0700-schedules.js';
import { createTransfers } from './0300-transfers.js';
import { createBackups } from './0600-backups.js';
import { addVolumeMetadata, findBackupsByPrefix } from './0601-backup-volume-metadata.js';
import { addBackupAccount } from './0603-backup-account.js';
import { createVolumeMigrations } from './0301-volume-migrations.js';
import { createUnmanagedVolumes } from './0302-unmanaged-volumes.js';
import { indexCopies } from './0303-copies.js';
import { leadElsewhere } from './0304-moves-of-attached-volumes.js';

/** The schema `block_storage`; a new slice adds a file of its own (`0100-groups.ts`) and a line here. */
export const blockStorageMigrations: readonly Migration[] = [
  ...idempotencyMigrations, ...outboxMigrations, ...operationMigrations,
  createBackends, createTypes, createVolumes, createObservations, createSchedulingDecisions,
  createMessages,
  addGrowth,
  leavingAttachments, forgottenAttachments,
  createTransfers, createVolumeMigrations, createUnmanagedVolumes,
  extendSnapshots, createGroups,
  createBackups,
  createSchedules,
  addVolumeMetadata, findBackupsByPrefix, addBackupAccount,
  indexCopies,
  leadElsewhere,
];
