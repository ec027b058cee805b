import { MetadataChanged, requireMatch, tagOf } from './metadata-tag.js';

describe('tags of metadata', () => {
  const seen = { a: '1', b: '2' };

  it('are the same whatever the order of entries', () => {
    expect(tagOf({ b: '2', a: '1' })).toBe(tagOf(seen));
  });

  it('differ where a key ends and a value begins elsewhere', () => {
    expect(tagOf({ ab: 'c' })).not.toBe(tagOf({ a: 'bc' }));
  });

  it.each(['*', tagOf(seen), `"${tagOf(seen)}"`, `W/"${tagOf(seen)}"`, `"other", "${tagOf(seen)}"`])('lets %s change what was seen', (header) => {
    expect(() => requireMatch(header, seen)).not.toThrow();
  });

  it('lets those pass who do not ask', () => {
    expect(() => requireMatch(undefined, seen)).not.toThrow();
  });

  it.each(['"other"', '', tagOf({})])('refuses %j', (header) => {
    expect(() => requireMatch(header, seen)).toThrow(MetadataChanged);
  });
});
