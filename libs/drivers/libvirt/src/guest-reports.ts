import { setTimeout as pause } from 'node:timers/promises';
import { unlessAborted, type ServerId } from '@virga/kernel';
import type { GuestReport } from '@virga/ports';
import type { LibvirtClient, LibvirtNews } from './libvirt-client.js';

/** Where reports look: the guests as they are now. */
export interface GuestSight {
  observe(signal: AbortSignal): Promise<GuestReport[]>;
  /** The guest as it is now, with `power` undefined where it is gone; undefined where it never was ours. */
  look(id: ServerId, signal: AbortSignal): Promise<GuestReport | undefined>;
  isBusy(id: ServerId): boolean;
}

/** Too low: a daemon that cannot start is bothered without end. Too high: its return goes unnoticed for this long. */
const RECONNECT_AT_MOST_MS = 5_000;
const RECONNECT_FIRST_MS = 200;

/**
 * One reader's stream of facts about guests.
 *
 * Theory of operation. An event says only which guest to look at; what is reported is what is there when one looks, so
 * events may be lost, doubled or late. Whenever the connection is new, everything is looked at, and a guest that was
 * reported and is no longer there is reported gone. A guest with a command under way is looked at when that ends: the
 * moments in between (off during a restart) are nobody's news.
 */
export class GuestReports {
  private readonly changed = new Set<ServerId>();
  private readonly known = new Map<ServerId, GuestReport>();
  private isSurveyDue = true;
  private wake: () => void = () => undefined;

  /** @param onTrouble told each time that libvirt cannot be looked at; reading goes on by itself. */
  constructor(
    private readonly libvirt: LibvirtClient, private readonly sight: GuestSight, private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** Something may have happened to this guest. */
  mark(id: ServerId): void {
    this.changed.add(id);
    this.wake();
  }

  async *read(signal: AbortSignal): AsyncGenerator<GuestReport> {
    const unlisten = this.libvirt.listen((news) => this.hear(news));
    try {
      let delay = RECONNECT_FIRST_MS;
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => { this.wake = resolve; });
        try {
          await this.libvirt.ensureConnected(signal);
          yield* this.survey(signal);
          yield* this.changes(signal);
          delay = RECONNECT_FIRST_MS;
        } catch (error) {
          if (signal.aborted) return;
          // What could not be seen is seen by the survey after the next connection.
          this.isSurveyDue = true;
          this.onTrouble(error);
          await pause(delay, undefined, { signal }).catch(() => undefined);
          delay = Math.min(delay * 2, RECONNECT_AT_MOST_MS);
          continue;
        }
        await unlessAborted(woken, signal).catch(() => undefined);
      }
    } finally {
      unlisten();
    }
  }

  private hear(news: LibvirtNews): void {
    if (news.kind === 'connected' || news.kind === 'disconnected') {
      this.isSurveyDue = true;
      return this.wake();
    }
    this.mark(news.dom.uuid as ServerId);
  }

  private async *survey(signal: AbortSignal): AsyncGenerator<GuestReport> {
    if (!this.isSurveyDue) return;
    this.isSurveyDue = false;
    const present = new Set<ServerId>();
    for (const report of await this.sight.observe(signal)) {
      present.add(report.id);
      if (!this.sight.isBusy(report.id)) yield this.remembered(report);
    }
    for (const id of [...this.known.keys()].filter((known) => !present.has(known))) this.changed.add(id);
  }

  private async *changes(signal: AbortSignal): AsyncGenerator<GuestReport> {
    for (const id of [...this.changed]) {
      if (this.sight.isBusy(id)) continue;
      this.changed.delete(id);
      const report = await this.sight.look(id, signal) ?? this.gone(id);
      if (report) yield this.remembered(report);
    }
  }

  private remembered(report: GuestReport): GuestReport {
    if (report.power === undefined) this.known.delete(report.id);
    else this.known.set(report.id, report);
    return report;
  }

  /** A guest that somebody else removed: it keeps the generation that it had. */
  private gone(id: ServerId): GuestReport | undefined {
    const last = this.known.get(id);
    return last && { id, generation: last.generation, power: undefined, portIds: [] };
  }
}
