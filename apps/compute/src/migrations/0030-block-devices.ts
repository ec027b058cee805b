import type { Migration } from '@virga/persistence';

export const createBlockDevices: Migration = {
  name: '0030-create-block-device',
  // The volumes of servers. `attachment` is block storage's word, applied only if newer; all else is ours. A row goes when block
  // storage says that the attachment is gone. `position` keeps the order in which devices came. A server without a root disk of
  // its own boots from the device whose boot index is 0.
  up: `
    CREATE TABLE block_device (
      id uuid CONSTRAINT block_device_pkey PRIMARY KEY,
      server_id uuid NOT NULL CONSTRAINT block_device_server REFERENCES server (id) ON DELETE CASCADE,
      attachment_id uuid NOT NULL CONSTRAINT block_device_attachment UNIQUE,
      volume_id uuid NOT NULL,
      target text NOT NULL CONSTRAINT block_device_target_form CHECK (target ~ '^vd[a-z]$'),
      boot_index integer,
      tag text,
      delete_on_termination boolean NOT NULL DEFAULT false,
      state text NOT NULL CONSTRAINT block_device_state CHECK (state IN ('planned', 'reserving', 'attaching', 'attached', 'detaching')),
      wish jsonb,
      attachment jsonb,
      size_bytes bigint,
      position bigint GENERATED ALWAYS AS IDENTITY,
      created_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT block_device_target UNIQUE (server_id, target),
      CONSTRAINT block_device_volume UNIQUE (server_id, volume_id)
    );
    CREATE INDEX block_device_of_volume ON block_device (volume_id);
    CREATE INDEX block_device_reserving ON block_device (created_at) WHERE state = 'reserving';
    ALTER TABLE server ADD COLUMN is_volume_backed boolean NOT NULL DEFAULT false;
    ALTER TABLE guest_observation ADD COLUMN attachment_ids text[] NOT NULL DEFAULT '{}'`,
};

export const addCommandsOfBlockDevices: Migration = {
  name: '0031-add-commands-of-block-devices',
  // What a host was told last of one volume, so that it is told again when that was overtaken or lost. A server's history shows
  // the operations of its volumes, which name it among their parameters.
  up: `
    ALTER TABLE block_device ADD COLUMN told jsonb;
    DROP INDEX block_device_reserving;
    CREATE INDEX operation_of_block_device ON operation ((params ->> 'serverId'), created_at DESC, id DESC) WHERE resource_type = 'block-device'`,
};

export const addMovesOfBlockDevices: Migration = {
  name: '0035-add-moves-of-block-devices',
  // A server has a volume once, and a second time while its guest goes on with a copy of it on another backend.
  up: `
    ALTER TABLE block_device DROP CONSTRAINT block_device_volume;
    CREATE UNIQUE INDEX block_device_volume ON block_device (server_id, volume_id) WHERE NOT is_aside`,
};

export const addSwapsOfBlockDevices: Migration = {
  name: '0032-add-swaps-of-block-devices',
  // While another volume takes the place of a device both have the same target; one of the two is aside: first the one that comes, then
  // the one that goes.
  up: `
    ALTER TABLE block_device ADD COLUMN is_aside boolean NOT NULL DEFAULT false;
    ALTER TABLE block_device DROP CONSTRAINT block_device_target;
    CREATE UNIQUE INDEX block_device_target ON block_device (server_id, target) WHERE NOT is_aside;
    ALTER TABLE block_device DROP CONSTRAINT block_device_state;
    ALTER TABLE block_device ADD CONSTRAINT block_device_state CHECK (state IN ('planned', 'reserving', 'attaching', 'attached', 'swapping', 'detaching'))`,
};

export const addWorkersOfBlockDevices: Migration = {
  name: '0033-add-workers-of-block-devices',
  // The process whose request wrote the row: what it was reserving when it died is let go.
  up: `
    ALTER TABLE block_device ADD COLUMN worker text;
    ALTER TABLE block_device ALTER COLUMN worker SET DEFAULT current_setting('application_name')`,
};
