export { Heartbeats } from './heartbeats.js';
export { SloContents } from './slo-contents.js';
export { SloDeletions } from './slo-deletions.js';
export { requireNotReserved, SegmentsRefused, SloPlans } from './slo-plans.js';
