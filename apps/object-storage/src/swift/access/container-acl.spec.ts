import { allowsReferrer, cleanContainerAcl, parseContainerAcl } from './container-acl.js';

describe('container ACLs', () => {
  it.each([
    ['bob, sue', 'bob,sue'], ['bob , sue', 'bob,sue'], ['bob,,,sue', 'bob,sue'], ['.referrer : *', '.r:*'], ['.ref:*.example.com', '.r:.example.com'],
    ['.r:*, .rlistings', '.r:*,.rlistings'], ['.r:- .example.com', '.r:-.example.com'], ['p:u,*:u,p:*', 'p:u,*:u,p:*'], ['', ''],
  ])('keeps %j as %j', (sent, kept) => {
    expect(cleanContainerAcl('x-container-read', sent)).toBe(kept);
  });

  it.each([['x-container-read', '.r:'], ['x-container-read', '.r:-'], ['x-container-read', '.r:*.'], ['x-container-read', '.unknown:x'], ['x-container-write', '.r:*']])(
    'refuses %s: %s', (header, value) => {
      expect(() => cleanContainerAcl(header, value)).toThrow(expect.objectContaining({ status: 400 }));
    });

  it('reads referrers and groups, with names that were percent-encoded', () => {
    const acl = parseContainerAcl('.r:*,.r:-.bad.org,.rlistings,project%2C1:user');
    expect(acl.referrers).toEqual(['*', '-.bad.org']);
    expect([...acl.groups]).toEqual(['.rlistings', 'project,1:user']);
  });

  it.each([
    [['*'], undefined, true], [['*'], 'http://any.org/x', true], [[], 'http://any.org/x', false], [['.example.com'], 'http://a.example.com/x', true],
    [['.example.com'], 'http://example.org', false], [['example.com'], 'https://example.com:8443/p', true], [['*', '-.bad.org'], 'http://x.bad.org', false],
    [['-x.org', '*'], 'http://x.org', true], [['unknown'], 'no url', true],
  ])('%j lets %s in: %s', (referrers, referer, isAllowed) => {
    expect(allowsReferrer(referrers, referer)).toBe(isAllowed);
  });
});
