import { Fault } from '@virga/kernel';
import { DriverUnavailable, Refused } from '@virga/ports';

/** `Refused` in this driver's name. */
export const refused = (reason: string): Refused => new Refused('volume', reason);

/** Something may work later; the cause is for the log. */
export const unavailable = (cause: unknown): DriverUnavailable =>
  new DriverUnavailable('volume', { cause: typeof cause === 'string' ? new Error(cause) : cause });

/** Faults and aborts pass; all else (a full disk, a daemon that died) may be over at the next try. */
export async function translating<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw signal.aborted ? signal.reason : unavailable(error);
  }
}
