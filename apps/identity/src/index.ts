export { IdentityApp, type IdentityAppOptions } from './app.module.js';
