import type { Migration } from '@virga/persistence';

/** Tables whose rows decide what a token may do, and those that the catalog is made of. */
const DECIDING = [
  'project', '"user"', '"group"', 'group_member', 'role', 'implied_role', 'assignment', 'signing_key', 'revocation',
  'application_credential', 'application_credential_role', 'application_credential_access_rule', 'trust', 'trust_role',
  'region', 'service', 'endpoint',
];

/**
 * `change.revision` grows in every transaction that changes what any token may do (docs/adr/0003).
 *
 * The triggers are deferred to the commit: the one row that all such transactions share is locked last and for an
 * instant, so it can neither serialize longer transactions nor take part in a deadlock. `transaction` makes the first
 * trigger of a transaction the only one that writes.
 */
export const createChange: Migration = {
  name: '0006-change',
  up: `
    CREATE TABLE change (
      single boolean PRIMARY KEY DEFAULT true CHECK (single),
      revision bigint NOT NULL DEFAULT 0,
      transaction xid8
    ) WITH (fillfactor = 10);
    INSERT INTO change DEFAULT VALUES;

    CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE identity.change SET revision = revision + 1, transaction = pg_current_xact_id()
      WHERE transaction IS DISTINCT FROM pg_current_xact_id();
      RETURN NULL;
    END $$;

    ${DECIDING.map((table) => `
    CREATE CONSTRAINT TRIGGER ${table.replaceAll('"', '')}_change AFTER INSERT OR UPDATE OR DELETE ON ${table}
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_change();`).join('')}
  `,
};
