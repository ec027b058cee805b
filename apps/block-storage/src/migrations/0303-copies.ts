import type { Migration } from '@virga/persistence';

/** Who deletes a snapshot or volume asks whether something is being made from it: of many volumes, few are being made. */
export const indexCopies: Migration = {
  name: '0303-index-copies',
  up: `CREATE INDEX volume_being_made ON volume (snapshot_id, source_volume_id) WHERE status = 'creating' AND deleted_at IS NULL`,
};
