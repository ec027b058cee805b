import { Outdated } from '@virga/ports';

interface Turn {
  generation: number;
  overtaken: AbortController;
  ended: Promise<void>;
}

/**
 * One command per thing at a time, in the order in which they came; a newer one ends the waiting of older ones, so that a
 * deletion does not wait for the copying of an image. What an overtaken command had begun stays as after a crash.
 */
export class CommandTurns {
  private readonly turns = new Map<string, Turn[]>();

  async run<Result>(
    { kind, id, generation }: { kind: string; id: string; generation: number }, signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
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

  private end(id: string, turn: Turn): void {
    const left = (this.turns.get(id) ?? []).filter((other) => other !== turn);
    if (left.length > 0) this.turns.set(id, left);
    else this.turns.delete(id);
  }
}

/** `promise`, or the signal's reason where that comes first; the promise itself goes on. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
