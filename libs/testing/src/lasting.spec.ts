import { Lasting } from './lasting.js';

describe('what lasts', () => {
  const ended: string[] = [];
  let made = 0;
  const greeters = new Lasting<{ database: object; name: string }, { greet: () => string }>(
    async (present) => {
      made++;
      return { greet: () => `Hello ${present().name}` };
    },
    async ({ greet }) => ended.push(greet()),
  );

  it('is made once for each database, and serves the newest world of it', async () => {
    const database = {};
    const first = await greeters.serve({ database, name: 'Ada' });
    expect(first.greet()).toBe('Hello Ada');
    expect(await greeters.serve({ database, name: 'Emmy' })).toBe(first);
    expect(first.greet()).toBe('Hello Emmy');
    const other = await greeters.serve({ database: {}, name: 'Sofia' });
    expect([first.greet(), other.greet(), made]).toEqual(['Hello Emmy', 'Hello Sofia', 2]);
  });
});
