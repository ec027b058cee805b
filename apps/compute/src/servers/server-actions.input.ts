import { powerActions } from './server-actions.service.js';

export function rebootAction(type: string): (typeof powerActions)['softReboot' | 'hardReboot'] {
  return type.toUpperCase() === 'HARD' ? powerActions.hardReboot : powerActions.softReboot;
}

/** How many lines of a console are asked for; undefined for all. */
export function consoleLines(length: number | string | null | undefined): number | undefined {
  return length === null || length === undefined ? undefined : Number(length);
}
