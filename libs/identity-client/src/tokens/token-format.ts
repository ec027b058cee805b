import { sign, verify, type KeyObject } from 'node:crypto';
import { claimsOf, payloadOf, type TokenClaims } from './claims.js';

/**
 * A token is a JWS in compact form (RFC 7515) signed with Ed25519 (RFC 8037). The algorithm is fixed: the header's
 * `alg` is never consulted, it must be exactly the header that `signToken` writes.
 */
export function signToken(claims: TokenClaims, keyId: string, privateKey: KeyObject): string {
  const signed = `${headerOf(keyId)}.${Buffer.from(payloadOf(claims)).toString('base64url')}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** A token taken apart; nothing in it is to be believed yet. */
export interface UnverifiedToken {
  keyId: string;
  signed: string;
  payload: string;
  signature: string;
}

/** Longer than any token of ours; more is not worth a look. */
const MAX_LENGTH = 2_048;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** Takes a token apart; undefined for anything that `signToken` cannot have made. */
export function parseToken(token: string): UnverifiedToken | undefined {
  if (token.length > MAX_LENGTH) return undefined;
  const [header, payload, signature, more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined) return undefined;
  const keyId = keyIdOf(header);
  return keyId === undefined ? undefined : { keyId, signed: `${header}.${payload}`, payload, signature };
}

/** The claims of a token whose signature is that of the key; undefined where it is not. */
export function verifyToken(token: UnverifiedToken, publicKey: KeyObject): TokenClaims | undefined {
  const isOurs = verify(null, Buffer.from(token.signed), publicKey, Buffer.from(token.signature, 'base64url'));
  return isOurs ? claimsOf(Buffer.from(token.payload, 'base64url').toString()) : undefined;
}

function headerOf(keyId: string): string {
  return Buffer.from(`{"alg":"EdDSA","kid":"${keyId}"}`).toString('base64url');
}

function keyIdOf(header: string): string | undefined {
  const keyId = /"kid":"([^"]*)"/.exec(Buffer.from(header, 'base64url').toString())?.[1];
  return keyId !== undefined && KEY_ID.test(keyId) && header === headerOf(keyId) ? keyId : undefined;
}
