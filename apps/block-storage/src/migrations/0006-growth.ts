import type { Migration } from '@virga/persistence';

export const addGrowth: Migration = {
  name: '0006-add-volume-growth',
  // What a volume is being extended by: counted against quota and capacity from the request on, and shown only when it is there.
  up: 'ALTER TABLE volume ADD COLUMN growth_gibibytes integer NOT NULL DEFAULT 0',
};
