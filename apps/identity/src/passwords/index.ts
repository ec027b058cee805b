export { PasswordsModule } from './passwords.module.js';
export { PasswordHasher } from './password-hasher.js';
export { PasswordsRepository } from './passwords.repository.js';
