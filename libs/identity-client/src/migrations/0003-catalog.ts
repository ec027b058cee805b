import type { Migration } from '@virga/persistence';

/** Regions, services, endpoints, and the identity API's store of policy blobs that nobody evaluates. */
export const createCatalog: Migration = {
  name: '0003-catalog',
  up: `
    CREATE TABLE region (
      id text PRIMARY KEY,
      description text NOT NULL DEFAULT '',
      parent_region_id text CONSTRAINT region_parent REFERENCES region,
      extra jsonb NOT NULL DEFAULT '{}'
    );

    CREATE TABLE service (
      id text PRIMARY KEY,
      type text NOT NULL,
      name text,
      description text,
      enabled boolean NOT NULL DEFAULT true,
      extra jsonb NOT NULL DEFAULT '{}'
    );

    CREATE TABLE endpoint (
      id text PRIMARY KEY,
      service_id text NOT NULL CONSTRAINT endpoint_service REFERENCES service ON DELETE CASCADE,
      region_id text CONSTRAINT endpoint_region REFERENCES region,
      interface text NOT NULL CONSTRAINT endpoint_interface CHECK (interface IN ('public', 'internal', 'admin')),
      url text NOT NULL,
      enabled boolean NOT NULL DEFAULT true,
      extra jsonb NOT NULL DEFAULT '{}'
    );
    CREATE INDEX endpoint_service_id ON endpoint (service_id);

    CREATE TABLE policy (
      id text PRIMARY KEY,
      type text NOT NULL,
      blob text NOT NULL,
      extra jsonb NOT NULL DEFAULT '{}'
    );
  `,
};
