export { SloContents } from './slo-contents.js';
export { SloPlans } from './slo-plans.js';
