import type { Migration } from '@virga/persistence';

/** Unified limits: what a service registers for everybody, and what single projects or domains get instead. */
export const createLimits: Migration = {
  name: '0005-limits',
  up: `
    CREATE TABLE registered_limit (
      id text PRIMARY KEY,
      service_id text NOT NULL CONSTRAINT registered_limit_service REFERENCES service,
      region_id text CONSTRAINT registered_limit_region REFERENCES region,
      resource_name text NOT NULL,
      default_limit integer NOT NULL,
      description text,
      CONSTRAINT registered_limit_once UNIQUE NULLS NOT DISTINCT (service_id, region_id, resource_name)
    );

    CREATE TABLE project_limit (
      id text PRIMARY KEY,
      registered_limit_id text NOT NULL CONSTRAINT project_limit_registered REFERENCES registered_limit,
      project_id text NOT NULL REFERENCES project ON DELETE CASCADE,
      resource_limit integer NOT NULL,
      description text,
      CONSTRAINT project_limit_once UNIQUE (registered_limit_id, project_id)
    );
    CREATE INDEX project_limit_project ON project_limit (project_id);
    COMMENT ON COLUMN project_limit.project_id IS 'a project or a domain';
  `,
};
