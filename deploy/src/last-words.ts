import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../steps.mjs';
import type { Cloud } from './cloud.js';
import { processManager } from './process-manager.js';

/** Adds to a failure what the process that did not come up said last: the reason is nearly always there. */
export async function withLastWords(cloud: Cloud, process: string, work: () => Promise<string | void>): Promise<string | void> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    const record = (await processManager(cloud).records()).find(({ spec }) => spec.name === process);
    const end = record?.lastEnd === undefined ? '' : `\n${process} ${record.lastEnd}, ${record.restarts} restarts.`;
    throw new StepFailed(`${error.message}${end}${lastLines(join(cloud.directories.log, `${process}.log`))}`, error.remedy, { cause: error });
  }
}

function lastLines(file: string): string {
  if (!existsSync(file)) return '';
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(-6);
  return `\nIts last words:\n${lines.map((line) => `  ${line.slice(0, 300)}`).join('\n')}`;
}
