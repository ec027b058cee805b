import { milliseconds, type Clock, type Duration, type Instant } from '@virga/kernel';
import type { Reader } from '@virga/persistence';

/**
 * How long the known revision may be trusted without asking again.
 *
 * It bounds how late a revocation is felt; with the time of a request it must stay under the promised second. Too low:
 * every busy process asks PostgreSQL that often (one row by primary key). An idle process asks nothing.
 */
export const TRUSTED_FOR: Duration = milliseconds(400);

/** The identity schema's revision as this process knows it, asked for only when somebody needs it and it is too old. */
export class Revision {
  private known = -1;
  private askedAt: Instant = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | undefined;

  constructor(private readonly db: Reader, private readonly clock: Clock) {}

  /** The revision, at most `TRUSTED_FOR` old. */
  async current(): Promise<number> {
    if (this.clock.now() - this.askedAt >= TRUSTED_FOR) await (this.asking ??= this.ask().finally(() => (this.asking = undefined)));
    return this.known;
  }

  /** Takes note of a revision that came with an answer to a statement sent at `askedAt`. */
  saw(revision: number, askedAt: Instant): void {
    this.known = Math.max(this.known, revision);
    this.askedAt = Math.max(this.askedAt, askedAt);
  }

  private async ask(): Promise<void> {
    const askedAt = this.clock.now();
    const [row] = await this.db.sql<{ revision: number }>`SELECT revision FROM identity.change`;
    this.saw(row?.revision ?? 0, askedAt);
  }
}
