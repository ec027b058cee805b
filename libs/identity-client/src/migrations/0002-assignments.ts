import type { Migration } from '@virga/persistence';

/** Roles, what they imply, and who has which on what. An assignment without a project or domain is on the system. */
export const createAssignments: Migration = {
  name: '0002-assignments',
  up: `
    CREATE TABLE role (
      id text PRIMARY KEY,
      name text NOT NULL,
      domain_id text CONSTRAINT role_domain REFERENCES project ON DELETE CASCADE,
      description text,
      options jsonb NOT NULL DEFAULT '{}',
      extra jsonb NOT NULL DEFAULT '{}',
      CONSTRAINT role_name UNIQUE NULLS NOT DISTINCT (domain_id, name)
    );

    CREATE TABLE implied_role (
      prior_role_id text NOT NULL REFERENCES role ON DELETE CASCADE,
      implied_role_id text NOT NULL REFERENCES role ON DELETE CASCADE,
      PRIMARY KEY (prior_role_id, implied_role_id),
      CONSTRAINT implied_role_other CHECK (prior_role_id <> implied_role_id)
    );
    CREATE INDEX implied_role_implied ON implied_role (implied_role_id);

    CREATE TABLE assignment (
      user_id text REFERENCES "user" ON DELETE CASCADE,
      group_id text REFERENCES "group" ON DELETE CASCADE,
      project_id text REFERENCES project ON DELETE CASCADE,
      role_id text NOT NULL REFERENCES role ON DELETE CASCADE,
      inherited boolean NOT NULL DEFAULT false,
      CONSTRAINT assignment_actor CHECK (num_nonnulls(user_id, group_id) = 1),
      CONSTRAINT assignment_system CHECK (project_id IS NOT NULL OR NOT inherited),
      CONSTRAINT assignment_once UNIQUE NULLS NOT DISTINCT (user_id, group_id, project_id, role_id, inherited)
    );
    CREATE INDEX assignment_group ON assignment (group_id) WHERE group_id IS NOT NULL;
    CREATE INDEX assignment_project ON assignment (project_id);
    CREATE INDEX assignment_role ON assignment (role_id);
    COMMENT ON COLUMN assignment.project_id IS 'a project or a domain; null is the system';
  `,
};
