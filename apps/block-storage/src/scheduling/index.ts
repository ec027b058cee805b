export {
  decide, factsOf, roomIn, type BackendState, type Decision, type PlacementRequest, type Reason,
} from './scheduler.js';
export { NoValidBackend, Reservations } from './reservations.js';
export { SchedulingRepository } from './scheduling.repository.js';
export { SchedulingModule } from './scheduling.module.js';
export { SchedulingDecisionRow } from './scheduling-decision.row.js';
export type { Explanation } from './explanation.js';
