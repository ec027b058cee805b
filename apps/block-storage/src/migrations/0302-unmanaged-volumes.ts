import type { Migration } from '@virga/persistence';

export const createUnmanagedVolumes: Migration = {
  name: '0302-create-unmanaged-volume',
  // What backends keep although no volume is there for it, because an operator said so: nobody collects it.
  up: `
    CREATE TABLE unmanaged_volume (
      id uuid CONSTRAINT unmanaged_volume_pkey PRIMARY KEY,
      backend text NOT NULL CONSTRAINT unmanaged_volume_backend REFERENCES backend (name),
      generation integer NOT NULL,
      size_gibibytes integer NOT NULL,
      managed_as uuid CONSTRAINT unmanaged_volume_managed_as REFERENCES volume (id) ON DELETE SET NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX unmanaged_volume_on_backend ON unmanaged_volume (backend)`,
};
