import { fc } from '@virga/testing/fast-check';
import { wantedRanges } from './ranges.js';

describe('the Range header', () => {
  it.each([
    ['bytes=0-4', [{ first: 0, last: 4 }]], ['bytes=5-', [{ first: 5, last: 9 }]], ['bytes=-3', [{ first: 7, last: 9 }]], ['bytes=-30', [{ first: 0, last: 9 }]],
    ['bytes=0-99', [{ first: 0, last: 9 }]], ['BYTES = 1 - 2', [{ first: 1, last: 2 }]], ['bytes=0-1,4-5', [{ first: 0, last: 1 }, { first: 4, last: 5 }]],
    ['bytes=0-1,40-50', [{ first: 0, last: 1 }]], ['bytes=10-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'], ['bytes=4-1', 'all'], ['bytes=', 'all'], ['bytes=-', 'all'],
    ['bytes=a-b', 'all'], ['lines=0-1', 'all'], ['bytes=0-1,x', 'all'],
  ])('%s of ten bytes', (header, wanted) => {
    expect(wantedRanges(header, 10)).toEqual(wanted);
  });

  it('takes the last bytes of nothing for everything', () => {
    expect(wantedRanges('bytes=-5', 0)).toBe('all');
    expect(wantedRanges('bytes=0-', 0)).toBe('unsatisfiable');
  });

  it('refuses what only wants to cost', () => {
    const many = Array.from({ length: 51 }, (_, at) => `${at * 2}-${at * 2}`).join(',');
    expect(wantedRanges(`bytes=${many}`, 1000)).toBe('unsatisfiable');
    expect(wantedRanges('bytes=0-9,0-9,0-9', 10)).toBe('unsatisfiable');
    expect(wantedRanges(`bytes=${[9, 8, 7, 6, 5, 4, 3, 2].map((at) => `${at}-${at}`).join(',')}`, 10)).toBe('unsatisfiable');
  });

  it('answers only ranges that lie within, whatever is sent', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9,-]{0,30}$/)), fc.nat(1000), (header, size) => {
      const wanted = wantedRanges(header, size);
      if (typeof wanted === 'string') return true;
      return wanted.length > 0 && wanted.every(({ first, last }) => first >= 0 && first <= last && last < size);
    }));
  });
});
