export { CredentialSecretsModule } from './credential-secrets.module.js';
export { CredentialSecrets } from './credential-secrets.js';
