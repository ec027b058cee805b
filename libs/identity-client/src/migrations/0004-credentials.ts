import type { Migration } from '@virga/persistence';

/**
 * Keys that sign tokens, revoked tokens, credentials, application credentials and trusts.
 * What is secret (`sealed…`) is encrypted with the master key; `secret_hash` cannot be turned back.
 */
export const createCredentials: Migration = {
  name: '0004-credentials',
  up: `
    CREATE TABLE signing_key (
      id text PRIMARY KEY,
      public_key bytea NOT NULL,
      sealed_private_key bytea NOT NULL,
      created_at timestamptz NOT NULL,
      expires_at timestamptz
    );
    COMMENT ON COLUMN signing_key.expires_at IS 'null for the key that signs; else when its last token has expired';
    CREATE UNIQUE INDEX signing_key_one_signs ON signing_key ((true)) WHERE expires_at IS NULL;

    CREATE TABLE revocation (
      audit_id text PRIMARY KEY,
      revoked_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX revocation_expiry ON revocation (expires_at);

    CREATE TABLE credential (
      id text PRIMARY KEY,
      user_id text NOT NULL,
      project_id text,
      type text NOT NULL,
      sealed_blob bytea NOT NULL,
      extra jsonb NOT NULL DEFAULT '{}'
    );
    CREATE INDEX credential_user ON credential (user_id);

    CREATE TABLE application_credential (
      id text PRIMARY KEY,
      user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      project_id text NOT NULL REFERENCES project ON DELETE CASCADE,
      name text NOT NULL,
      description text,
      secret_hash text NOT NULL,
      unrestricted boolean NOT NULL DEFAULT false,
      expires_at timestamptz,
      CONSTRAINT application_credential_name UNIQUE (user_id, name)
    );

    CREATE TABLE application_credential_role (
      application_credential_id text NOT NULL REFERENCES application_credential ON DELETE CASCADE,
      role_id text NOT NULL REFERENCES role ON DELETE CASCADE,
      PRIMARY KEY (application_credential_id, role_id)
    );

    CREATE TABLE access_rule (
      id text PRIMARY KEY,
      user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      service text NOT NULL,
      path text NOT NULL,
      method text NOT NULL,
      CONSTRAINT access_rule_once UNIQUE (user_id, service, path, method)
    );

    CREATE TABLE application_credential_access_rule (
      application_credential_id text NOT NULL REFERENCES application_credential ON DELETE CASCADE,
      access_rule_id text NOT NULL CONSTRAINT access_rule_in_use REFERENCES access_rule,
      PRIMARY KEY (application_credential_id, access_rule_id)
    );
    CREATE INDEX application_credential_access_rule_rule ON application_credential_access_rule (access_rule_id);

    CREATE TABLE trust (
      id text PRIMARY KEY,
      trustor_user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      trustee_user_id text NOT NULL REFERENCES "user" ON DELETE CASCADE,
      project_id text REFERENCES project ON DELETE CASCADE,
      impersonation boolean NOT NULL,
      expires_at timestamptz,
      remaining_uses integer CONSTRAINT trust_remaining_uses CHECK (remaining_uses >= 0),
      redelegated_trust_id text REFERENCES trust ON DELETE CASCADE,
      redelegation_count integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL,
      extra jsonb NOT NULL DEFAULT '{}'
    );
    CREATE INDEX trust_trustor ON trust (trustor_user_id);
    CREATE INDEX trust_trustee ON trust (trustee_user_id);

    CREATE TABLE trust_role (
      trust_id text NOT NULL REFERENCES trust ON DELETE CASCADE,
      role_id text NOT NULL REFERENCES role ON DELETE CASCADE,
      PRIMARY KEY (trust_id, role_id)
    );
  `,
};
