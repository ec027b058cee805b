export { appSettings, type AppName, type ConfigOf, type ServiceConfig } from './settings.js';
export { loadConfig, readConfig, parseConfig, ConfigurationInvalid } from './load.js';
export { withoutSecrets, readSecret } from './secrets.js';
export { systemGroupId } from './system-group.js';
