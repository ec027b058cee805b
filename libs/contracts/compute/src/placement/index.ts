export * from './providers.contract.js';
export * from './allocations.contract.js';
export { placementEndpoints, placementRules } from './endpoints.js';
