import { createHash } from 'node:crypto';

/**
 * How many statements may be prepared by name on each connection.
 *
 * Too low: statements are parsed and planned at each call. Too high: each connection's server process keeps that many
 * plans, some tens of kilobytes each. Texts come from our code, so there are a few hundred at most.
 */
const MOST_NAMES = 400;

/** Names for prepared statements: one per text, the same in all connections. */
export class StatementNames {
  private readonly names = new Map<string, string>();
  private renewals = 0;

  /** The text's name, or undefined where there are names enough: it then runs unprepared. */
  of(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    return this.names.size < MOST_NAMES ? this.give(text) : undefined;
  }

  /** Gives the text another name: connections hold plans under the old one that do not fit the tables any more. */
  renew(text: string): void {
    this.renewals++;
    this.give(text);
  }

  private give(text: string): string {
    const name = `${createHash('sha256').update(text).digest('base64url').slice(0, 20)}.${this.renewals}`;
    this.names.set(text, name);
    return name;
  }
}
