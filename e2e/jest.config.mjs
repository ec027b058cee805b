import { readFileSync } from 'node:fs';

const { exclude, $schema, ...swc } = JSON.parse(readFileSync(new URL('../.swcrc', import.meta.url), 'utf8'));

/** @type {import('jest').Config} Black box: real clients against a running cloud. May not import our code. */
export default {
  rootDir: import.meta.dirname,
  testMatch: ['**/*.e2e.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false, sourceMaps: 'inline' }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironment: 'node',
  // Guests are emulated on small machines: booting takes ten seconds idle and stretches with the load.
  testTimeout: 420_000,
  maxWorkers: 1,
  // The first failure leaves the servers that the later steps of the story need in no known state.
  bail: 1,
};
