import { StepFailed } from '../steps.mjs';
import { cloudOf, type Cloud } from './cloud.js';
import { dev } from './commands/dev.js';
import { endToEnd } from './commands/end-to-end.js';
import { logs } from './commands/logs.js';
import { start } from './commands/start.js';
import { status } from './commands/status.js';
import { stop } from './commands/stop.js';
import { test } from './commands/test.js';
import { readSettings } from './settings.js';

const commands: Record<string, (cloud: Cloud, args: string[]) => Promise<number>> = { start, stop, status, logs, dev, test, 'end-to-end': endToEnd };

async function main([command = '', ...args]: string[]): Promise<number> {
  const run = commands[command];
  if (run === undefined) throw new Error(`There is no command '${command}'.`);
  try {
    return await run(cloudOf(readSettings(args)), args);
  } catch (error) {
    if (!(error instanceof Error && 'reported' in error)) explain(error);
    return 1;
  }
}

function explain(error: unknown): void {
  if (error instanceof StepFailed) console.error(`${error.message}\n${error.remedy}`);
  else console.error(error);
}

process.exitCode = await main(process.argv.slice(2));
