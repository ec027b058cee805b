export { Reconciler, alarm, correct, leaveAlone, nothing, type Correction } from './reconciler.js';
export { Reconciliation, type PassReport, type ReconciliationParts } from './reconciliation.js';
export { reconcileMetrics, type ReconcileObserver } from './reconcile-observer.js';
export { ReconcileModule, type ReconcileOptions } from './reconcile.module.js';
