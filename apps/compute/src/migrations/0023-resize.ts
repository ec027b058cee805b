import type { Migration } from '@virga/persistence';

export const allowResize: Migration = {
  name: '0023-allow-resize',
  // A resized server keeps its former flavor until its owner confirms or reverts; meanwhile vcpus and memory count the larger of both.
  up: `
    ALTER TABLE server DROP CONSTRAINT server_state;
    ALTER TABLE server ADD CONSTRAINT server_state CHECK (state IN ('building', 'active', 'paused', 'stopped', 'resized', 'error', 'deleted'));
    ALTER TABLE server ADD COLUMN resize jsonb`,
};
