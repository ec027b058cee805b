import { createHmac } from 'node:crypto';
import { grantFor, redirectTarget } from './form.js';

describe('the grant of a form', () => {
  const path = '/v1/AUTH_a/c/prefix';
  const sign = (fields: Record<string, string>, key = 'secret', digest = 'sha256') => createHmac(digest, key)
    .update([path, fields['redirect'] ?? '', fields['max_file_size'] ?? '0', fields['max_file_count'] ?? '0', fields['expires'] ?? '0'].join('\n')).digest('hex');
  const form = (fields: Record<string, string>, signature = sign(fields)) => new Map(Object.entries({ ...fields, signature }));
  const fields = { redirect: 'http://r', max_file_size: '100', max_file_count: '2', expires: '2000' };

  it.each(['sha1', 'sha256', 'sha512'])('is given for a form signed with %s by any of the keys', (digest) => {
    const signed = form({ ...fields, x_delete_after: '60' }, sign(fields, 'second', digest));
    expect(grantFor(signed, path, ['secret', 'second'], 1999)).toEqual({ maxFileBytes: 100, headers: { 'x-delete-after': '60' } });
  });

  it.each([
    ['another limit', () => form({ ...fields, max_file_size: '101' }, sign(fields))],
    ['no signature', () => new Map(Object.entries(fields))],
    ['a signature of another key', () => form(fields, sign(fields, 'guess'))],
    ['a time that has passed', () => form({ ...fields, expires: '10' })],
  ])('is not given with %s', (_, signed) => {
    expect(() => grantFor(signed(), path, ['secret'], 1999)).toThrow(expect.objectContaining({ status: 401 }));
  });

  it('is not given where there is no key', () => {
    expect(() => grantFor(form(fields, sign(fields, '')), path, [], 1999)).toThrow(expect.objectContaining({ status: 401 }));
  });

  it.each([['max_file_size', 'x'], ['expires', 'soon'], ['x_delete_at', '1.5']])('wants a number as %s', (name, value) => {
    expect(() => grantFor(form({ ...fields, [name]: value }), path, ['secret'], 1999)).toThrow(expect.objectContaining({ status: 400 }));
  });

  it('tells the page behind the redirect how it went', () => {
    expect(redirectTarget('http://r/?a=b', 400, 'max file count exceeded')).toBe('http://r/?a=b&status=400&message=max%20file%20count%20exceeded');
    expect(redirectTarget('http://r/', 201, '')).toBe('http://r/?status=201&message=');
  });
});
