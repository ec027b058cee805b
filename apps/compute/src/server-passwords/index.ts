export { ServerPasswordsModule } from './server-passwords.module.js';
export { ServerPasswordRow } from './server-password.row.js';
