export { StorageReporter, type ReporterParts } from './storage-reporter.js';
