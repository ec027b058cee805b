export { SETTINGS, findPolicy, defaultPolicy, type ObjectStorageSettings, type StoragePolicy } from './settings.js';
