import type { Metrics } from '@virga/observability';
import type { PassReport } from './reconciliation.js';

/** Is told what reconcilers find. */
export interface ReconcileObserver {
  passed(reconciler: string, report: PassReport, durationMs: number): void;
  /** Something that the normal path should have done. */
  defect(reconciler: string, correction: string): void;
}

export const silentReconcileObserver: ReconcileObserver = { passed: () => undefined, defect: () => undefined };

/** Counts passes and defects in the process's metrics. */
export function reconcileMetrics(metrics: Metrics): ReconcileObserver {
  return {
    passed: (reconciler, report, durationMs) => {
      metrics.observe('virga_reconcile_pass_seconds', 'Passes of reconcilers.', { reconciler }, durationMs / 1_000);
      if (report.corrected > 0) metrics.count('virga_reconcile_corrections_total', 'What reconcilers corrected.', { reconciler }, report.corrected);
      if (report.failures > 0) metrics.count('virga_reconcile_failures_total', 'Corrections that failed.', { reconciler }, report.failures);
    },
    defect: (reconciler, correction) => metrics.count(
      'virga_reconcile_defects_total', 'Corrections that the normal path should have made.', { reconciler, correction },
    ),
  };
}
