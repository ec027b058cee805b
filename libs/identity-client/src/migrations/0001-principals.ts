import type { Migration } from '@virga/persistence';

/**
 * Projects, domains, users and groups.
 *
 * A domain is a project with `is_domain`, as in the identity API (a project's parent may be its domain, and a domain can be
 * shown as a project). `ancestors` holds the ids from the domain down to the parent; a project never moves, so it never
 * goes stale, and inherited roles are found without walking a tree.
 *
 * `token_epoch` counts what voids tokens for good (password changed, user or project disabled). A token carries the
 * sum of the epochs it was issued under and is void when the sum differs: no clock is compared.
 */
export const createPrincipals: Migration = {
  name: '0001-principals',
  up: `
    CREATE TABLE project (
      id text PRIMARY KEY,
      name text NOT NULL,
      is_domain boolean NOT NULL DEFAULT false,
      domain_id text CONSTRAINT project_domain REFERENCES project,
      parent_id text CONSTRAINT project_parent REFERENCES project,
      ancestors text[] NOT NULL DEFAULT '{}',
      enabled boolean NOT NULL DEFAULT true,
      description text NOT NULL DEFAULT '',
      tags text[] NOT NULL DEFAULT '{}',
      options jsonb NOT NULL DEFAULT '{}',
      extra jsonb NOT NULL DEFAULT '{}',
      token_epoch integer NOT NULL DEFAULT 0,
      CONSTRAINT project_in_domain CHECK ((domain_id IS NULL) = is_domain AND (parent_id IS NULL) = is_domain)
    );
    CREATE UNIQUE INDEX project_name ON project (domain_id, name) WHERE NOT is_domain;
    CREATE UNIQUE INDEX domain_name ON project (name) WHERE is_domain;
    CREATE INDEX project_parent_id ON project (parent_id);
    CREATE INDEX project_ancestors ON project USING gin (ancestors);

    CREATE TABLE "user" (
      id text PRIMARY KEY,
      domain_id text NOT NULL CONSTRAINT user_domain REFERENCES project ON DELETE CASCADE,
      name text NOT NULL,
      enabled boolean NOT NULL DEFAULT true,
      description text,
      email text,
      default_project_id text,
      options jsonb NOT NULL DEFAULT '{}',
      extra jsonb NOT NULL DEFAULT '{}',
      token_epoch integer NOT NULL DEFAULT 0,
      CONSTRAINT user_name UNIQUE (domain_id, name)
    );
    COMMENT ON COLUMN "user".default_project_id IS 'a wish: the project may be gone';

    CREATE TABLE password (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      hash text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz
    );
    CREATE INDEX password_newest ON password (user_id, id DESC);
    COMMENT ON TABLE password IS 'the newest of a user counts; older ones are its history';

    CREATE TABLE "group" (
      id text PRIMARY KEY,
      domain_id text NOT NULL CONSTRAINT group_domain REFERENCES project ON DELETE CASCADE,
      name text NOT NULL,
      description text NOT NULL DEFAULT '',
      extra jsonb NOT NULL DEFAULT '{}',
      CONSTRAINT group_name UNIQUE (domain_id, name)
    );

    CREATE TABLE group_member (
      user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      group_id text NOT NULL REFERENCES "group" ON DELETE CASCADE,
      PRIMARY KEY (user_id, group_id)
    );
    CREATE INDEX group_member_group ON group_member (group_id);
  `,
};
