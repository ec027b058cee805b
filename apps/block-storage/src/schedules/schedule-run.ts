import { publicFault } from '@virga/kernel';
import type { RunState, ScheduleAction, ScheduleId, ScheduleRunId } from './schedule.js';

/** What a run came to for one volume. */
export interface RunResult {
  volumeId: string;
  state: 'pending' | 'made' | 'failed' | 'skipped';
  /** What was made, or is being made. */
  productId: string | null;
  message: string | null;
}

/** What a run did to something that is kept no longer. */
export interface Removal {
  productId: string;
  state: 'pending' | 'removed' | 'failed';
  message: string | null;
}

/** One time that a schedule was due. */
export interface ScheduleRun {
  id: ScheduleRunId;
  scheduleId: ScheduleId;
  /** The schedule's at that time. */
  action: ScheduleAction;
  state: RunState;
  message: string | null;
  results: readonly RunResult[];
  removals: readonly Removal[];
  dueAt: Date;
  startedAt: Date;
  finishedAt: Date | null;
}

/** How many runs a schedule's history has. Too low: a bad night is forgotten by morning. Too high: minutely schedules fill the table. */
export const RUNS_KEPT = 100;

export const PREVIOUS_RUN_GOES_ON = 'The previous run was still going on.';

/** What a run came to in all: its worst results are told first. */
export function outcomeOf(results: readonly RunResult[]): { state: Exclude<RunState, 'running'>; message: string | null } {
  const bad = [...results.filter(({ state }) => state === 'failed'), ...results.filter(({ state }) => state === 'skipped')];
  const [first] = bad;
  if (results.length === 0) return { state: 'skipped', message: 'No volume is left.' };
  if (first === undefined) return { state: 'succeeded', message: null };
  return { state: stateOf(results), message: `Volume ${first.volumeId}: ${first.message ?? 'unknown'}${bad.length > 1 ? ` (and ${bad.length - 1} more)` : ''}` };
}

function stateOf(results: readonly RunResult[]): 'partial' | 'failed' | 'skipped' {
  if (results.some(({ state }) => state === 'made')) return 'partial';
  return results.some(({ state }) => state === 'failed') ? 'failed' : 'skipped';
}

/** What its owner may read of why something went wrong. */
export function reasonOf(error: unknown): string {
  return publicFault(error).message;
}
