import { jest } from '@jest/globals';
import { RecordKeys } from './catalog.js';

/** A pool that carries out what it is told, but whose answers do not arrive while it `isSilent`. */
class QuietPool {
  readonly holds = new Map<string, string>();
  isSilent = false;

  async put(key: string, value: string): Promise<void> {
    this.holds.set(key, value);
    this.answer();
  }

  async remove(key: string): Promise<void> {
    this.holds.delete(key);
    this.answer();
  }

  private answer(): void {
    if (this.isSilent) throw new Error('The pool did not answer.');
  }
}

describe('records in a pool that does not answer', () => {
  const record = (value: number): { id: string; value: number } => ({ id: 'one', value });
  const begun = (): { pool: QuietPool; records: RecordKeys<{ id: string; value: number }> } => {
    const pool = new QuietPool();
    return { pool, records: new RecordKeys(pool, 'thing', new Map()) };
  };

  it('are not there as long as nobody knows, and not later either', async () => {
    const { pool, records } = begun();
    pool.isSilent = true;
    await expect(records.put(record(1))).rejects.toThrow('did not answer');
    expect([records.find('one'), pool.holds.size]).toEqual([undefined, 1]);
    await expect(records.settle()).rejects.toThrow('did not answer');

    pool.isSilent = false;
    pool.holds.set('thing.one', 'what a tool wrote that was given up');
    await records.settle();

    expect(pool.holds.size).toBe(0);
  });

  it('are what they were, where it is not known whether they were replaced or removed', async () => {
    const { pool, records } = begun();
    await records.put(record(1));
    pool.isSilent = true;
    await expect(records.put(record(2))).rejects.toThrow('did not answer');
    await expect(records.remove('one')).rejects.toThrow('did not answer');
    pool.isSilent = false;

    await records.settle();

    expect([records.find('one'), pool.holds.get('thing.one')]).toEqual([record(1), JSON.stringify(record(1))]);
  });

  it('can be removed where nobody knows that they are there', async () => {
    const { pool, records } = begun();
    pool.isSilent = true;
    await expect(records.put(record(1))).rejects.toThrow('did not answer');
    pool.isSilent = false;

    await records.remove('one');

    expect(pool.holds.size).toBe(0);
  });

  it('are settled once, and what is being written meanwhile is left to its writer', async () => {
    const { pool, records } = begun();
    const told = jest.spyOn(pool, 'put');

    await Promise.all([records.put(record(1)), records.settle(), records.settle()]);

    expect([told.mock.calls.length, pool.holds.get('thing.one')]).toEqual([1, JSON.stringify(record(1))]);
  });
});
