import { withoutEnd, withoutEnds } from './index.js';

describe('runs of characters', () => {
  it('are cut off at the ends only', () => {
    expect(withoutEnd('//a//b//', '/')).toBe('//a//b');
    expect(withoutEnds(' \t a b\r ', ' \t\r')).toBe('a b');
    expect(withoutEnds('///', '/')).toBe('');
  });
});
