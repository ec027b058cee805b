import type { Migration } from '@virga/persistence';

/** The outbox of a service's schema. */
export const outboxMigrations: readonly Migration[] = [
  {
    name: 'outbox-0001-create',
    // Rows live for milliseconds: they are deleted when the broker has confirmed them, and whoever looks for what is
    // unclaimed starts at the lowest id. `claimed_until` keeps two replicas from sending the same row; a relay that dies
    // lets go of its rows by letting the time pass.
    up: `
      CREATE TABLE IF NOT EXISTS outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
        exchange text NOT NULL,
        routing_key text NOT NULL,
        type text NOT NULL,
        envelope jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        claimed_until timestamptz NOT NULL DEFAULT '-infinity'
      );
      ALTER TABLE outbox SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)`,
  },
];
