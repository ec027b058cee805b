import { hours, milliseconds } from './duration.js';
import { Loop } from './loop.js';

const nextTurn = (): { reached: Promise<void>; reach: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reached: promise, reach: resolve };
};

describe('Loop', () => {
  it('ends its rest when it is woken', async () => {
    const marks = [nextTurn(), nextTurn()];
    let turns = 0;
    const loop = new Loop({ rest: hours(1), failed: () => undefined, turn: async () => marks[turns++]?.reach() });
    loop.start();
    await marks[0]!.reached;
    loop.wake();
    await marks[1]!.reached;
    await loop.stop();
    expect(turns).toBe(2);
  });

  it('takes another turn when it is woken during one', async () => {
    const marks = [nextTurn(), nextTurn()];
    let turns = 0;
    const loop: Loop = new Loop({
      rest: hours(1), failed: () => undefined,
      turn: async () => {
        if (turns === 0) loop.wake();
        marks[turns++]?.reach();
      },
    });
    loop.start();
    await marks[1]!.reached;
    await loop.stop();
    expect(turns).toBe(2);
  });

  it('goes on after a failed turn and tells of it', async () => {
    const second = nextTurn();
    const failures: unknown[] = [];
    let turns = 0;
    const loop = new Loop({
      rest: milliseconds(1), failed: (error) => failures.push(error),
      turn: async () => {
        if (++turns === 1) throw new Error('broken');
        second.reach();
      },
    });
    loop.start();
    await second.reached;
    await loop.stop();
    expect(failures).toEqual([new Error('broken')]);
  });

  it('stops while a turn is waiting on its signal', async () => {
    const begun = nextTurn();
    const loop = new Loop({
      rest: hours(1), failed: () => undefined,
      turn: (signal) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        begun.reach();
      }),
    });
    loop.start();
    await begun.reached;
    await expect(loop.stop()).resolves.toBeUndefined();
  });
});
