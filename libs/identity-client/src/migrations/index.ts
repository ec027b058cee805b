import type { Migration } from '@virga/persistence';
import { createAssignments } from './0002-assignments.js';
import { createCatalog } from './0003-catalog.js';
import { createChange } from './0006-change.js';
import { createCredentials } from './0004-credentials.js';
import { createLimits } from './0005-limits.js';
import { createPrincipals } from './0001-principals.js';
import { noteCredentialChanges } from './0007-access-keys.js';

/** The schema `identity`: every service reads it, only the identity service writes it. */
export const identityMigrations: readonly Migration[] = [
  createPrincipals, createAssignments, createCatalog, createCredentials, createLimits, createChange, noteCredentialChanges,
];
