export type { Access, Deed, Standing } from './access.js';
export { Admission } from './admission.js';
export { AccessControl } from './access-control.js';
export { ACCOUNT_ACL_HEADER, cleanAccountAcl } from './account-acl.js';
export { cleanContainerAcl } from './container-acl.js';
