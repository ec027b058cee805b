import type { ServerId } from '@virga/kernel';
import { Outdated } from '@virga/ports';
import { unlessAborted } from './unless-aborted.js';

interface Turn {
  generation: number;
  overtaken: AbortController;
  ended: Promise<void>;
}

/**
 * One command per guest at a time, in the order in which they came; a newer one ends the waiting of older ones.
 *
 * Whoever gives up, or is overtaken, is told at once; the next command waits until what was begun has really ended.
 * Without overtaking, deleting a server would wait for the minute that its guest was given to shut down. What an overtaken
 * command had begun stays half done, as after a crash: the newer command starts from what it finds.
 */
export class GuestTurns {
  private readonly turns = new Map<ServerId, Turn[]>();

  /** @param onEnd called when no command for that guest is under way any more. */
  constructor(private readonly onEnd: (id: ServerId) => void) {}

  isBusy(id: ServerId): boolean {
    return this.turns.has(id);
  }

  async run<Result>(
    id: ServerId, generation: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const earlier = this.turns.get(id) ?? [];
    for (const turn of earlier) {
      if (turn.generation < generation) turn.overtaken.abort(new Outdated('guest', id));
    }
    const overtaken = new AbortController();
    const both = AbortSignal.any([signal, overtaken.signal]);
    const mine = Promise.all(earlier.map((turn) => turn.ended)).then(() => {
      both.throwIfAborted();
      return work(both);
    });
    const turn: Turn = { generation, overtaken, ended: mine.then(() => undefined, () => undefined) };
    this.turns.set(id, [...earlier, turn]);
    void turn.ended.then(() => this.end(id, turn));
    return unlessAborted(mine, both);
  }

  private end(id: ServerId, turn: Turn): void {
    const left = (this.turns.get(id) ?? []).filter((other) => other !== turn);
    if (left.length > 0) {
      this.turns.set(id, left);
      return;
    }
    this.turns.delete(id);
    this.onEnd(id);
  }
}
