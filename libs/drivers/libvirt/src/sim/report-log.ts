import { unlessAborted } from '@virga/kernel';
import type { GuestReport } from '@virga/ports';

interface Reader {
  pending: GuestReport[];
  wake(): void;
}

/** Hands every report to every reader, in order. */
export class ReportLog {
  private readonly readers = new Set<Reader>();
  private isMuted = false;

  add(report: GuestReport): void {
    if (this.isMuted) return;
    for (const reader of this.readers) {
      reader.pending.push(report);
      reader.wake();
    }
  }

  /** Nothing reaches the readers until `unmute`, which tells them the present instead of what they missed. */
  mute(): void {
    this.isMuted = true;
    for (const reader of this.readers) reader.pending.length = 0;
  }

  unmute(present: GuestReport[]): void {
    this.isMuted = false;
    for (const report of present) this.add(report);
  }

  /** `present` first; a reader exists from this call on, not from its first `next`. */
  read(present: GuestReport[], signal: AbortSignal): AsyncIterable<GuestReport> {
    const reader: Reader = { pending: [...present], wake: () => undefined };
    this.readers.add(reader);
    signal.addEventListener('abort', () => this.readers.delete(reader), { once: true });
    return follow(reader, signal);
  }
}

async function* follow(reader: Reader, signal: AbortSignal): AsyncGenerator<GuestReport> {
  while (!signal.aborted) {
    const woken = new Promise<void>((resolve) => { reader.wake = resolve; });
    for (let report = reader.pending.shift(); report !== undefined && !signal.aborted; report = reader.pending.shift()) yield report;
    if (signal.aborted) return;
    await unlessAborted(woken, signal).catch(() => undefined);
  }
}
