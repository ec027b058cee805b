import { readFileSync } from 'node:fs';

const { exclude, $schema, ...swc } = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));

/** @type {import('jest').Config} */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/deploy', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false, sourceMaps: 'inline' }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: '<rootDir>/libs/testing/src/environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['virga-source', 'node', 'node-addons'] },
  testTimeout: 30_000,
  setupFilesAfterEnv: ['<rootDir>/libs/testing/src/setup.ts'],
  maxWorkers: 2,
  // What a suite has loaded as ES modules is never given back to its worker: after some hundred suites the heap would be full.
  workerIdleMemoryLimit: '1GB',
};
