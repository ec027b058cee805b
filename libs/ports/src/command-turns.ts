import { unlessAborted } from '@virga/kernel';
import { Outdated } from './failures.js';

interface Turn {
  generation: number;
  overtaken: AbortController;
  ended: Promise<void>;
}

/** A command as far as its turn goes; `kind` names the thing in `Outdated`. */
export interface GenerationalCommand<Id extends string = string> {
  kind: string;
  id: Id;
  generation: number;
}

/**
 * For drivers: one command per thing (a guest, a volume, an attachment) at a time, in the order in which they came; a newer one ends the
 * waiting of older ones.
 *
 * Whoever gives up, or is overtaken, is told at once; the next command waits until what was begun has really ended. Without
 * overtaking, deleting a server would wait for the minute that its guest was given to shut down, and deleting a volume for the
 * copying of its image. What an overtaken command had begun stays half done, as after a crash: the newer command starts from what it finds.
 */
export class CommandTurns<Id extends string = string> {
  private readonly turns = new Map<Id, Turn[]>();

  /** @param onEnd called when no command for that thing is under way any more. */
  constructor(private readonly onEnd: (id: Id) => void = () => undefined) {}

  isBusy(id: Id): boolean {
    return this.turns.has(id);
  }

  /** Runs `work` in its turn, with a signal that also aborts where a newer command comes; rejects with `Outdated` then. */
  async run<Result>(
    { kind, id, generation }: GenerationalCommand<Id>, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const earlier = this.turns.get(id) ?? [];
    for (const turn of earlier) {
      if (turn.generation < generation) turn.overtaken.abort(new Outdated(kind, id));
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

  private end(id: Id, turn: Turn): void {
    const left = (this.turns.get(id) ?? []).filter((other) => other !== turn);
    if (left.length > 0) {
      this.turns.set(id, left);
      return;
    }
    this.turns.delete(id);
    this.onEnd(id);
  }
}
