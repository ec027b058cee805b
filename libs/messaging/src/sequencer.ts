/** Runs work of the same key one after the other, and work of different keys side by side. */
export class Sequencer {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Without a key, the work runs at once. */
  run<T>(key: string | undefined, work: () => Promise<T>): Promise<T> {
    if (key === undefined) return work();
    const before = this.last.get(key) ?? Promise.resolve();
    const now = before.then(work, work);
    this.last.set(key, now);
    const forget = (): void => {
      if (this.last.get(key) === now) this.last.delete(key);
    };
    now.then(forget, forget);
    return now;
  }
}
