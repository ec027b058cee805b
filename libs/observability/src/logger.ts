import { causeChain, currentRequestId } from '@virga/kernel';
import { pino } from 'pino';

export type LogFields = Readonly<Record<string, unknown>>;

/** Logs events: a constant message and fields. An `error` field is written with its whole chain of causes. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** JSON lines on standard output with the app's name and, inside a request, its id. */
export function createLogger(app: string, level: Level | 'silent' = 'info'): Logger {
  const sink = pino({
    level, base: { app }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event',
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
  });
  const write = (at: Level) => (event: string, fields: LogFields = {}): void => {
    sink[at](withChain(fields), event);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function withChain(fields: LogFields): LogFields {
  const { error, ...rest } = fields;
  if (error === undefined) return rest;
  return { ...rest, causes: causeChain(error), ...(error instanceof Error && { stack: error.stack }) };
}

const nothing = (): void => undefined;

/** For tests and tools whose output is read by people. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
