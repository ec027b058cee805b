export { Policy, type PolicyOptions, type Target } from './policy.js';
export { parseCheck, type Check } from './check.js';
export { readOverrides } from './overrides.js';
export { PolicyModule } from './policy.module.js';
