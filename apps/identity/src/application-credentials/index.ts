export { ApplicationCredentialsModule } from './application-credentials.module.js';
export { Restricted } from './application-credential.js';
