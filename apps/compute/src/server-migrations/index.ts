export { ServerMigrationsController } from './server-migrations.controller.js';
