import type { Migration } from '@virga/persistence';

/** The part of identity's schema that quotas read: tests of other services need no more of it; `service` has limits, of its type. */
export const identityLimits = (service: string): readonly Migration[] => [{
  name: 'limits',
  up: `
    CREATE TABLE project (id text PRIMARY KEY, is_domain boolean NOT NULL DEFAULT false, enabled boolean NOT NULL DEFAULT true);
    CREATE TABLE service (id text PRIMARY KEY, type text NOT NULL);
    CREATE TABLE registered_limit (
      id text PRIMARY KEY, service_id text NOT NULL REFERENCES service, region_id text, resource_name text NOT NULL,
      default_limit integer NOT NULL, description text, UNIQUE NULLS NOT DISTINCT (service_id, region_id, resource_name));
    CREATE TABLE project_limit (
      id text PRIMARY KEY, registered_limit_id text NOT NULL REFERENCES registered_limit, project_id text NOT NULL REFERENCES project,
      resource_limit integer NOT NULL, description text, UNIQUE (registered_limit_id, project_id));
    INSERT INTO service VALUES ('${service}-service', '${service}');
    INSERT INTO project VALUES ('d3300000000000000000000000000001'), ('d3300000000000000000000000000002'), ('d3300000000000000000000000000003')`,
}];
