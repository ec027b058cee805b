export {
  Operation, done, finish, park, step, wakeKey,
  type AnyOperation, type FinalState, type OperationClass, type OperationId, type Outcome, type Run, type Step, type WakeKey,
} from './operation.js';
export { Operations, OperationInProgress, type Initiator, type StartOptions } from './operations.js';
export { Kinds, type Overtakes } from './kinds.js';
export { Engine, CLAIM_LEASE, type EngineParts } from './engine.js';
export { DeadlineExceeded, StepTimedOut, type AroundStep } from './attempt.js';
export { LostClaim } from './active-run.js';
export { metricsObserver, silentObserver, type OperationObserver } from './observer.js';
export { Debts, type Debt, type DebtId, type Leftover } from './debts.js';
export { DebtCollector, DebtPayer, owed, paid, type Payment } from './debt-collector.js';
export { HistoryKeeper, HistoryPruner, KEPT_FOR, type PrunerParts } from './history-pruner.js';
export {
  liveOperations, observeOperations, observeSteps, type ObservedOperation, type ObservedStep, type OperationFilter,
} from './observation.js';
export { operationMigrations } from './migrations.js';
export { OperationsModule, type OperationsOptions } from './operations.module.js';
