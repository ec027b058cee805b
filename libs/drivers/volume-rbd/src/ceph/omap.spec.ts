import { parseOmap } from './omap.js';

describe('parseOmap', () => {
  it('reads keys with their values, of any length and with repetitions', () => {
    const text = [
      'one', 'value (5 bytes) :', '00000000  68 65 6c 6c 6f                                    |hello|', '00000005', '',
      'two', 'value (52 bytes) :',
      '00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|', '*',
      '00000030  62 63 64 65                                       |bcde|', '00000034', '',
      'empty', 'value (0 bytes) :', '', '',
    ].join('\n');

    expect([...parseOmap(text)]).toEqual([['one', 'hello'], ['two', `${'a'.repeat(48)}bcde`], ['empty', '']]);
  });

  it('reads a value that ends with repetitions', () => {
    const text = ['key', 'value (48 bytes) :', '00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|', '*', '00000030', ''].join('\n');

    expect(parseOmap(text).get('key')).toBe('a'.repeat(48));
  });
});
