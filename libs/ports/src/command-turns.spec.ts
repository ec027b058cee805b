import { CommandTurns } from './command-turns.js';
import { Outdated } from './failures.js';

describe('the turns of commands', () => {
  const never = new AbortController().signal;
  const command = (generation: number, id = 'a') => ({ kind: 'thing', id, generation });

  it('come one after the other for one thing, and side by side for others', async () => {
    const turns = new CommandTurns();
    const done: string[] = [];
    const first = Promise.withResolvers<void>();
    const one = turns.run(command(1), never, async () => { await first.promise; done.push('one'); });
    const two = turns.run(command(1), never, async () => { done.push('two'); });
    await turns.run(command(1, 'b'), never, async () => { done.push('other'); });

    first.resolve();
    await Promise.all([one, two]);

    expect(done).toEqual(['other', 'one', 'two']);
  });

  it('are taken from an older command by a newer one, which begins when the older has really ended', async () => {
    const ended: string[] = [];
    const turns = new CommandTurns((id) => ended.push(id));
    const cleaning = Promise.withResolvers<void>();
    const steps: string[] = [];
    const older = turns.run(command(1), never, async (signal) => {
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve()); });
      steps.push('told');
      await cleaning.promise;
      steps.push('ended');
    });
    older.catch(() => undefined);
    await Promise.resolve();
    const newer = turns.run(command(2), never, async () => { steps.push('newer'); });

    await expect(older).rejects.toBeInstanceOf(Outdated);
    expect([turns.isBusy('a'), steps]).toEqual([true, ['told']]);
    cleaning.resolve();
    await newer;

    expect(steps).toEqual(['told', 'ended', 'newer']);
    expect([turns.isBusy('a'), ended]).toEqual([false, ['a']]);
  });

  it('are not waited for by who gives up, and not begun then', async () => {
    const turns = new CommandTurns();
    const first = Promise.withResolvers<void>();
    const one = turns.run(command(1), never, () => first.promise);
    const leaving = new AbortController();
    let isBegun = false;
    const two = turns.run(command(1), leaving.signal, async () => { isBegun = true; });
    leaving.abort(new Error('gone'));

    await expect(two).rejects.toThrow('gone');
    first.resolve();
    await one;
    await turns.run(command(1), never, async () => undefined);

    expect(isBegun).toBe(false);
  });
});
