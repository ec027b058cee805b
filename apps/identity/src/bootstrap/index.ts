export { bootstrap, type BootstrapOptions } from './bootstrap.js';
export { cloudPlan, type CloudPlan } from './cloud-plan.js';
