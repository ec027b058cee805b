export { CredentialsModule } from './credentials.module.js';
export { CredentialsRepository } from './credentials.repository.js';
