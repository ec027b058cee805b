import { setTimeout as pause } from 'node:timers/promises';
import { StepFailed } from '../steps.mjs';

/** Looks until `check` answers true; fails after `seconds` with what was awaited and, if given, where to read more. */
export async function waitUntil(what: string, seconds: number, check: () => Promise<boolean>, remedy = 'npm run logs shows what the processes say.'): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (let delay = 20; !(await check()); delay = Math.min(delay * 1.5, 500)) {
    if (performance.now() > deadline) throw new StepFailed(`Waited ${seconds} s, and still not: ${what}.`, remedy);
    await pause(delay);
  }
}
