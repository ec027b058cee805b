import { identityMigrations } from '@virga/identity-client';
import { idempotencyMigrations, type Migration } from '@virga/persistence';

/** Everything that the schema holds: what all services read, and what only the identity service uses. */
export const allMigrations: readonly Migration[] = [...idempotencyMigrations, ...identityMigrations];
