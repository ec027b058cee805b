import { cleanAccountAcl, levelOf } from './account-acl.js';

describe('account ACLs', () => {
  it('keeps what is granted, in ASCII, and nothing where nothing is granted', () => {
    expect(cleanAccountAcl('{"read-only": ["ü"], "admin": [ ]}')).toBe('{"read-only":["\\u00fc"]}');
    expect(cleanAccountAcl('{}')).toBe('');
    expect(cleanAccountAcl('')).toBe('');
  });

  it.each(['[]', '{', '"x"', 'null', '{"other": []}', '{"admin": "bob"}', '{"admin": [1]}'])('refuses %s', (value) => {
    expect(() => cleanAccountAcl(value)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('answers the strongest level of any name', () => {
    const acl = '{"read-only":["bob"],"read-write":["p:bob"]}';
    expect(levelOf(acl, new Set(['bob', 'p:bob']))).toBe('read-write');
    expect(levelOf(acl, new Set(['bob']))).toBe('read-only');
    expect(levelOf(acl, new Set(['eve']))).toBeUndefined();
    expect(levelOf(undefined, new Set(['bob']))).toBeUndefined();
  });
});
