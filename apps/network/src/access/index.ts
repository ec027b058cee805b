export { Access, RevisionNumberConstraintFailed, type Scope } from './access.js';
export { expectedRevision, requireRevision } from './revision.js';
