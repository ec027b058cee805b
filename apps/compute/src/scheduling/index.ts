export { amountsInWords, decide, type Decision, type HostState, type PlacementRequest, type Reason } from './scheduler.js';
export { NoValidHost, Reservations, type Placeable } from './reservations.js';
export { SchedulingRepository } from './scheduling.repository.js';
export { SchedulingModule } from './scheduling.module.js';
export { SchedulingDecisionRow } from './scheduling-decision.row.js';
export { needsOf, traitsOf } from './needs.js';
export type { Explanation } from './explanation.js';
