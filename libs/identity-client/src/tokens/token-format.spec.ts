import { generateKeyPairSync } from 'node:crypto';
import type { TokenClaims } from './claims.js';
import { parseToken, signToken, verifyToken } from './token-format.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const claims: TokenClaims = {
  userId: 'u1', scope: { kind: 'project', id: 'p1' }, methods: ['password', 'token'], auditIds: ['a1', 'a0'],
  issuedAt: 1_700_000_000_123, expiresAt: 1_700_003_600_123, epoch: 7,
};
const verified = (token: string) => {
  const parsed = parseToken(token);
  return parsed && verifyToken(parsed, publicKey);
};

describe('a token', () => {
  it.each<Partial<TokenClaims>>([
    {}, { scope: { kind: 'domain', id: 'default' } }, { scope: { kind: 'system' } }, { scope: { kind: 'unscoped' } },
    { applicationCredentialId: 'c1', trustId: 't1' },
  ])('says what was signed: %j', (over) => {
    const token = signToken({ ...claims, ...over }, 'k1', privateKey);
    expect(verified(token)).toEqual({ ...claims, ...over });
    expect(token.length).toBeLessThan(450);
  });

  it('does not verify when any part of it was changed', () => {
    const token = signToken(claims, 'k1', privateKey);
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const other = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'u2' })).toString('base64url');
    expect(verified(`${header}.${other}.${signature}`)).toBeUndefined();
    expect(verified(`${header}.${payload}.${signature.slice(0, -4)}AAAA`)).toBeUndefined();
    expect(verified(`${header}.${payload}.`)).toBeUndefined();
  });

  it('is not taken with another algorithm or further header fields', () => {
    const [, payload, signature] = signToken(claims, 'k1', privateKey).split('.') as [string, string, string];
    for (const header of ['{"alg":"none","kid":"k1"}', '{"alg":"HS256","kid":"k1"}', '{"alg":"EdDSA","kid":"k1","jku":"http://x"}', '{"alg":"EdDSA"}']) {
      expect(parseToken(`${Buffer.from(header).toString('base64url')}.${payload}.${signature}`)).toBeUndefined();
    }
  });

  it.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d', '..', 'x'.repeat(3_000)])('is never read from %j', (text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});
