export { newId, newHexId, isUuid, type Id, type ServerId, type PortId, type ProjectId, type UserId, type HostId, type VolumeId, type SnapshotId, type AttachmentId } from './ids.js';
export {
  Fault, Invalid, Unauthenticated, Forbidden, NotFound, Conflict, OverLimit, Unavailable, Bug,
  causeChain, publicFault, type FaultKind, type FaultOptions, type PublicFault,
} from './errors.js';
export { CLOCK, systemClock, type Clock, type Instant } from './clock.js';
export { milliseconds, seconds, minutes, hours, days, type Duration } from './duration.js';
export { type PageRequest, type SortKey } from './page.js';
export { anonymous, type Caller, type Scope, type RoleName } from './caller.js';
export { moves, type Moves } from './moves.js';
export { choose, explained, shortcomings, whyNone, type Choice, type Constraint, type Explained, type Rejection } from './choice.js';
export { letGo } from './let-go.js';
export { mapLimit } from './map-limit.js';
export { only, raise, unreachable } from './only.js';
export { ownEntry } from './own-entry.js';
export { currentRequest, currentRequestId, withRequestId, newRequestId, type RequestContext } from './request-context.js';
export { Loop, type LoopOptions } from './loop.js';
export { recordOf, faultOf, type FaultRecord } from './fault-record.js';
export { Turns } from './turns.js';
export { unlessAborted } from './unless-aborted.js';
export { untilToldToStop } from './until-told-to-stop.js';
