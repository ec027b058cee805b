import { createHmac } from 'node:crypto';
import { parseSignature } from './digest.js';
import { disposition, dispositionOf } from './disposition.js';
import { readTempUrl, type TempUrl } from './parameters.js';
import { isInRange, signedBy, type ScopedKey } from './signature.js';

const path = { account: 'AUTH_a', container: 'c', object: 'tree/leaf' };
const keys: ScopedKey[] = [{ scope: 'account', key: 'one' }, { scope: 'container', key: 'two' }];
const sign = (message: string, key = 'one', digest = 'sha256') => createHmac(digest, key).update(message).digest();

function urlOf(signature: Buffer, extra: Record<string, string> = {}): TempUrl {
  const query = new URLSearchParams({ temp_url_sig: signature.toString('hex'), temp_url_expires: '2000', ...extra });
  const url = readTempUrl(query, 1999);
  if (url === undefined) throw new Error('the query is not a temporary URL');
  return url;
}

describe('a temporary URL', () => {
  it('opens what it was signed for, and says whose key it was', () => {
    expect(signedBy(urlOf(sign('GET\n2000\n/v1/AUTH_a/c/tree/leaf')), 'GET', path, keys)).toBe('account');
    expect(signedBy(urlOf(sign('PUT\n2000\n/v1/AUTH_a/c/tree/leaf', 'two')), 'PUT', path, keys)).toBe('container');
  });

  it.each(['HEAD', 'GET', 'PUT', 'POST'])('made for %s also serves HEAD', (method) => {
    expect(signedBy(urlOf(sign(`${method}\n2000\n/v1/AUTH_a/c/tree/leaf`)), 'HEAD', path, keys)).toBe('account');
  });

  it.each([
    ['another method', 'PUT\n2000\n/v1/AUTH_a/c/tree/leaf', {}],
    ['another object', 'GET\n2000\n/v1/AUTH_a/c/tree/leaf2', {}],
    ['another time', 'GET\n2001\n/v1/AUTH_a/c/tree/leaf', {}],
    ['a range of addresses that was not signed', 'GET\n2000\n/v1/AUTH_a/c/tree/leaf', { temp_url_ip_range: '10.0.0.0/8' }],
    ['a prefix that was not signed as one', 'GET\n2000\n/v1/AUTH_a/c/tree/', { temp_url_prefix: 'tree/' }],
    ['DELETE in place of HEAD', 'DELETE\n2000\n/v1/AUTH_a/c/tree/leaf', {}],
  ])('does not open with %s', (_, message, extra) => {
    expect(signedBy(urlOf(sign(message), extra), 'GET', path, keys)).toBeUndefined();
  });

  it('can be signed for a prefix and a range of addresses', () => {
    const signature = sign('ip=10.0.0.0/8\nGET\n2000\nprefix:/v1/AUTH_a/c/tree/');
    expect(signedBy(urlOf(signature, { temp_url_prefix: 'tree/', temp_url_ip_range: '10.0.0.0/8' }), 'GET', path, keys)).toBe('account');
  });

  it.each([
    ['no time', { temp_url_sig: 'a'.repeat(40) }], ['no signature', { temp_url_expires: '2000' }], ['the time has passed', { temp_url_sig: 'a'.repeat(40), temp_url_expires: '1998' }],
    ['a time that is none', { temp_url_sig: 'a'.repeat(40), temp_url_expires: '2024-13-01T00:00:00Z' }], ['a digest of no known length', { temp_url_sig: 'a'.repeat(42), temp_url_expires: '2000' }],
  ])('is none where there is %s', (_, query) => {
    expect(readTempUrl(new URLSearchParams(query), 1999)).toBeUndefined();
  });

  it('takes the time as ISO 8601 too', () => {
    expect(readTempUrl(new URLSearchParams({ temp_url_sig: 'a'.repeat(40), temp_url_expires: '2024-01-01T00:00:00Z' }), 1999)?.expires).toBe(1_704_067_200);
  });

  it.each(['sha1', 'sha256', 'sha512'])('takes %s signatures as hex, base64 and url-safe base64', (digest) => {
    const bytes = sign('x', 'key', digest);
    for (const text of [bytes.toString('hex'), `${digest}:${bytes.toString('base64')}`, `${digest}:${bytes.toString('base64url')}`]) {
      expect(parseSignature(text)).toEqual({ digest, bytes });
    }
    expect(parseSignature(`md5:${bytes.toString('base64')}`)).toBeUndefined();
    expect(parseSignature(`${digest}:${bytes.subarray(1).toString('base64')}`)).toBeUndefined();
  });

  it.each([
    ['127.0.0.1', '127.0.0.1', true], ['127.0.0.1', '127.0.0.0/29', true], ['::ffff:127.0.0.1', '127.0.0.1', true], ['10.1.2.3', '10.0.0.0/8', true],
    ['127.0.0.9', '127.0.0.0/29', false], ['10.1.2.3', '10.0.0.1/8', false], ['10.1.2.3', 'x', false], ['10.1.2.3', '::/0', false], ['::1', '::/0', true],
  ])('%s is in %s: %s', (address, range, expected) => {
    expect(isInRange(address, range)).toBe(expected);
  });

  it('names the file that a browser keeps', () => {
    expect(disposition('attachment', 'a b"ü')).toBe("attachment; filename=\"a b%22%C3%BC\"; filename*=UTF-8''a%20b%22%C3%BC");
    expect(dispositionOf({ filename: undefined, isInline: false }, undefined, 'tree/leaf.txt')).toContain('filename="leaf.txt"');
    expect(dispositionOf({ filename: undefined, isInline: false }, 'attachment; filename="kept"', 'x')).toBe('attachment; filename="kept"');
    expect(dispositionOf({ filename: undefined, isInline: true }, 'attachment', 'x')).toBe('inline');
    expect(dispositionOf({ filename: 'n', isInline: true }, undefined, 'x')).toBe("inline; filename=\"n\"; filename*=UTF-8''n");
  });
});
