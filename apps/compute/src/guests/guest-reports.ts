import { Injectable } from '@nestjs/common';
import { wakeKey, Operations, type WakeKey } from '@virga/operations';
import { seconds, type Duration, type ServerId } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { GuestsRepository, type GuestFailure, type ReportedGuest, type ReportSource } from './guests.repository.js';

/** How soon a command that failed for now is sent again. Too short: a host in trouble is bothered without end. Too long: users wait. */
export const FAILURE_PAUSE: Duration = seconds(5);

/** What an operation waits for that has told a host something about a server's guest. */
export function guestReport(server: ServerId): WakeKey {
  return wakeKey('guest', server);
}

/** Keeps facts about guests and wakes, in the same transaction, the operations that wait for them. */
@Injectable()
export class GuestReports {
  constructor(private readonly guests: GuestsRepository, private readonly operations: Operations) {}

  async one(tx: Tx, source: ReportSource, guest: ReportedGuest): Promise<void> {
    if (await this.guests.record(tx, source, guest)) await this.operations.wake(tx, guestReport(guest.id as ServerId));
  }

  async failure(tx: Tx, source: ReportSource, failure: GuestFailure & { id: string }): Promise<void> {
    await this.guests.recordFailure(tx, source, failure);
    const key = guestReport(failure.id as ServerId);
    // Whoever is woken by each failure tells the host again as fast as that can fail.
    if (failure.isFinal) await this.operations.wake(tx, key);
    else await this.operations.wakeAfter(tx, key, FAILURE_PAUSE);
  }

  /** All guests of a host; wakes only the operations of those of which something changed. */
  async all(tx: Tx, source: ReportSource, guests: readonly ReportedGuest[]): Promise<void> {
    const changed = await this.guests.recordAll(tx, source, guests);
    // In one order everywhere: waking takes a lock for each key.
    for (const id of changed.sort()) await this.operations.wake(tx, guestReport(id));
  }
}
