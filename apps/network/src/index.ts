export { NetworkApp, allMigrations, type NetworkAppOptions } from './app.module.js';
