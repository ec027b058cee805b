import type { Scenes } from '@virga/testing';
import { attachmentScenes } from './attachments/attachments.scenes.js';
import { backupScenes } from './backups/backups.scenes.js';
import { groupScenes } from './groups/groups.scenes.js';
import { manageableScenes } from './manageable/manageable.scenes.js';
import { operatorScenes } from './operators.scenes.js';
import { scheduleScenes } from './schedules/schedules.scenes.js';
import { snapshotScenes } from './snapshots/snapshots.scenes.js';
import type { BlockStorageWorld } from './testing/index.js';
import { transferScenes } from './transfers/transfers.scenes.js';
import { volumeActionScenes, volumeMetadataScenes } from './volumes/actions/volume-actions.scenes.js';
import { volumeScenes } from './volumes/volumes.scenes.js';

/** Every scene of the block storage API; each slice plays its own. */
export const blockStorageScenes: Scenes<BlockStorageWorld> = {
  ...attachmentScenes, ...backupScenes, ...groupScenes, ...manageableScenes, ...operatorScenes, ...scheduleScenes, ...snapshotScenes, ...transferScenes, ...volumeActionScenes,
  ...volumeMetadataScenes, ...volumeScenes,
};
