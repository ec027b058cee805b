import { mapLimit } from './map-limit.js';

describe('mapLimit', () => {
  it('keeps the order of the list and never runs more than the limit at once', async () => {
    let running = 0;
    let most = 0;
    const results = await mapLimit([5, 1, 4, 2, 3], 2, async (entry) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return entry * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('starts nothing more after a failure', async () => {
    const started: number[] = [];
    const work = mapLimit([1, 2, 3, 4], 1, async (entry) => {
      started.push(entry);
      if (entry === 2) throw new Error('broken');
    });
    await expect(work).rejects.toThrow('broken');
    expect(started).toEqual([1, 2]);
  });
});
