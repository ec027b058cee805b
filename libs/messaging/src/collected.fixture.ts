/** What arrives in a test, and a way to wait until enough of it has. */
export class Collected<Entry> {
  readonly entries: Entry[] = [];
  private readonly waiting = new Set<() => void>();

  add(entry: Entry): void {
    this.entries.push(entry);
    for (const tell of this.waiting) tell();
  }

  /** Resolves with all entries once there are `count`; the test's own timeout is the limit. */
  untilCount(count: number): Promise<readonly Entry[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.entries.length < count) return;
        this.waiting.delete(look);
        resolve(this.entries);
      };
      this.waiting.add(look);
      look();
    });
  }
}
