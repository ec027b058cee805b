/** What was being done, by Cinder's numbers of actions (contributor guide, "User messages"). */
export const ACTIONS = {
  'schedule-volume': ['001', 'schedule allocate volume'],
  'attach-volume': ['002', 'attach volume'],
  'copy-volume-to-image': ['003', 'copy volume to image'],
  'update-attachment': ['004', 'update attachment'],
  'copy-image-to-volume': ['005', 'copy image to volume'],
  'unmanage-volume': ['006', 'unmanage volume'],
  'extend-volume': ['007', 'extend volume'],
  'create-volume': ['008', 'create volume from backend storage'],
  'create-snapshot': ['009', 'create snapshot'],
  'delete-snapshot': ['010', 'delete snapshot'],
  'update-snapshot': ['011', 'update snapshot'],
  'update-snapshot-metadata': ['012', 'update snapshot metadata'],
  'create-backup': ['013', 'create backup'],
  'delete-backup': ['014', 'delete backup'],
  'restore-backup': ['015', 'restore backup'],
  'reimage-volume': ['016', 'reimage volume'],
} as const satisfies Record<string, readonly [string, string]>;

/** What went wrong, by Cinder's numbers of details; the words are for where the failure itself has none. */
export const DETAILS = {
  unknown: ['001', 'An unexpected error occurred.'],
  'backend-not-ready': ['002', 'The storage backend is not ready.'],
  'no-backend': ['003', 'No storage backend suits the request.'],
  'upload-failed': ['004', 'The volume could not be uploaded as an image.'],
  'attach-mode': ['005', 'The volume cannot be attached in this mode.'],
  quota: ['006', 'The quota does not suffice.'],
  'image-too-large': ['007', 'The image does not fit into the volume.'],
  'encrypted-unmanage': ['008', 'An encrypted volume cannot be given up.'],
  'server-not-told': ['009', 'The server could not be told of the new size.'],
  'extend-failed': ['010', 'The storage backend could not extend the volume.'],
  'signature-failed': ['011', 'The image\'s signature could not be verified.'],
  'create-failed': ['012', 'The storage backend could not create the volume.'],
  'snapshot-failed': ['013', 'The snapshot could not be created.'],
  'snapshot-metadata-failed': ['014', 'The snapshot\'s metadata could not be updated.'],
  'snapshot-busy': ['015', 'The snapshot is in use.'],
  'snapshot-delete-failed': ['016', 'The snapshot could not be deleted.'],
  'backup-state': ['017', 'The backup is not in a state that allows this.'],
  'backup-service-down': ['018', 'The backup service cannot be reached.'],
  'backup-device': ['019', 'The volume could not be read for the backup.'],
  'backup-failed': ['020', 'The backup could not be written.'],
  'attach-failed': ['021', 'The volume could not be attached.'],
  'detach-failed': ['022', 'The volume could not be detached.'],
  'backup-cleanup': ['023', 'What the backup needed for a while could not be removed.'],
  'backup-schedule': ['024', 'No backup service was found.'],
  'backup-delete-failed': ['025', 'The backup could not be deleted.'],
  'restore-failed': ['026', 'The backup could not be restored.'],
  'volume-state': ['027', 'The volume is not in a state that allows this.'],
  'reimage-failed': ['028', 'The volume could not be written anew from the image.'],
  'image-format': ['029', 'The image has a format that volumes of this type cannot have.'],
  'full-backup': ['030', 'An incremental backup was not possible; a full one was made.'],
} as const satisfies Record<string, readonly [string, string]>;

/** The kinds of things that messages are about, by Cinder's names. */
export const RESOURCES = { volume: 'VOLUME', snapshot: 'VOLUME_SNAPSHOT', backup: 'VOLUME_BACKUP', group: 'VOLUME_GROUP' } as const;

export type MessageAction = keyof typeof ACTIONS;
export type MessageDetail = keyof typeof DETAILS;
export type MessageResource = keyof typeof RESOURCES;

export function eventId(resource: MessageResource, action: MessageAction, detail: MessageDetail): string {
  return `VOLUME_${RESOURCES[resource]}_${ACTIONS[action][0]}_${DETAILS[detail][0]}`;
}

/** `extend volume:The storage backend could not extend the volume.`, or what the failure itself says of its cause. */
export function messageText(action: MessageAction, detail: MessageDetail, cause: string | undefined): string {
  return `${ACTIONS[action][1]}:${cause ?? DETAILS[detail][1]}`;
}
