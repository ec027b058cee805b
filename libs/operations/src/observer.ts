import type { Metrics } from '@virga/observability';

/** Is told what operations do, for rates, errors and durations. */
export interface OperationObserver {
  /** How long a step (or `abandon`) ran, in milliseconds. */
  stepRan(kind: string, step: string, durationMs: number): void;
  stepFailed(kind: string, step: string): void;
  /** From the start of the operation to its end, in milliseconds. */
  finished(kind: string, state: string, durationMs: number): void;
}

export const silentObserver: OperationObserver = { stepRan: () => undefined, stepFailed: () => undefined, finished: () => undefined };

/** Counts and times operations in the process's metrics. */
export function metricsObserver(metrics: Metrics): OperationObserver {
  return {
    stepRan: (kind, step, durationMs) => metrics.observe('virga_operation_step_seconds', 'Runs of steps.', { kind, step }, durationMs / 1_000),
    stepFailed: (kind, step) => metrics.count('virga_operation_step_failures_total', 'Runs of steps that failed.', { kind, step }),
    finished: (kind, state, durationMs) => metrics.observe('virga_operation_seconds', 'Operations from start to end.', { kind, state }, durationMs / 1_000),
  };
}
