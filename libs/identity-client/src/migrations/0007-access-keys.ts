import type { Migration } from '@virga/persistence';

/**
 * Access keys (EC2 credentials) are remembered by the services that check their signatures (docs/adr/0003), so changing one
 * raises the revision as everything else that decides what somebody may do.
 */
export const noteCredentialChanges: Migration = {
  name: '0007-access-keys',
  up: `
    DROP TRIGGER IF EXISTS credential_change ON credential;
    CREATE CONSTRAINT TRIGGER credential_change AFTER INSERT OR UPDATE OR DELETE ON credential
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_change();
  `,
};
