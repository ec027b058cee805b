import type { Migration } from '@virga/persistence';

export const createServerPasswords: Migration = {
  name: '0020-create-server-password',
  // Written by the guest through the metadata service: its own table, since every table has one writer.
  up: `
    CREATE TABLE server_password (
      server_id uuid CONSTRAINT server_password_pkey PRIMARY KEY CONSTRAINT server_password_server REFERENCES server (id) ON DELETE CASCADE,
      encrypted text NOT NULL,
      told_at timestamptz NOT NULL DEFAULT now()
    )`,
};

export const indexServerAddresses: Migration = {
  name: '0021-index-server-nic-addresses',
  // Each metadata request finds its server by an address.
  up: 'CREATE INDEX IF NOT EXISTS server_nic_addresses ON server_nic USING gin (addresses) WHERE NOT is_gone',
};

export const indexServerUsage: Migration = {
  name: '0022-index-server-usage',
  // Usage is read by project and in this order, deleted servers included.
  up: 'CREATE INDEX IF NOT EXISTS server_usage ON server (project_id, id) WHERE launched_at IS NOT NULL',
};
