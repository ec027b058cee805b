import { ownEntry } from './own-entry.js';

describe('the entry of a record under a chosen key', () => {
  const record: Record<string, number> = { one: 1 };

  it('is what the record has', () => {
    expect(ownEntry(record, 'one')).toBe(1);
  });

  it.each(['two', 'constructor', 'valueOf', 'toString', 'hasOwnProperty', '__proto__'])('is nothing for %s', (key) => {
    expect(ownEntry(record, key)).toBeUndefined();
  });
});
