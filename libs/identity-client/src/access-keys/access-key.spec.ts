import { accessKeyId, accessKeyOf } from './access-key.js';

describe('accessKeyOf', () => {
  it('reads both halves and the delegation', () => {
    expect(accessKeyOf('{"access":"a","secret":"s"}')).toEqual({ access: 'a', secret: 's', applicationCredentialId: undefined, trustId: undefined });
    expect(accessKeyOf('{"access":"a","secret":"s","trust_id":"t","app_cred_id":null}')).toMatchObject({ trustId: 't', applicationCredentialId: undefined });
    expect(accessKeyOf('{"access":"a","app_cred_id":"c"}')).toMatchObject({ secret: '', applicationCredentialId: 'c' });
  });

  it.each(['', 'nonsense', 'null', '[]', '{}', '{"access":1}', '{"access":"a","secret":{}}', '{"access":"a","trust_id":5}', '{"access":"a","app_cred_id":[]}'])('is undefined for %s', (blob) => {
    expect(accessKeyOf(blob)).toBeUndefined();
  });
});

describe('accessKeyId', () => {
  it('is the SHA-256 of the access key in hexadecimal digits', () => {
    expect(accessKeyId('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
