import { createHmac, timingSafeEqual } from 'node:crypto';

/** What the signature of a synchronizing request covers: it holds for one request at one time only. */
export interface SignedRequest {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  /** The X-Timestamp header. */
  timestamp: string;
  nonce: string;
}

/** The HMAC-SHA1 by which one cluster proves to another that both operators and both owners of the container agreed. */
export function syncSignature({ method, path, timestamp, nonce }: SignedRequest, realmKey: string, containerKey: string): string {
  return createHmac('sha1', realmKey).update([method, path, timestamp, nonce, containerKey].join('\n')).digest('hex');
}

/** Whether a signature was made with one of the realm's keys; compares all of them in constant time. */
export function isSignedBy(signature: string, request: SignedRequest, realmKeys: readonly string[], containerKey: string): boolean {
  const given = Buffer.from(signature);
  return realmKeys
    .map((realmKey) => Buffer.from(syncSignature(request, realmKey, containerKey)))
    .map((expected) => expected.length === given.length && timingSafeEqual(expected, given))
    .includes(true);
}

/** The three words of X-Container-Sync-Auth, or undefined where they are not three. */
export function parseSyncAuth(header: string): { realm: string; nonce: string; signature: string } | undefined {
  const [realm, nonce, signature, ...more] = header.trim().split(/\s+/);
  if (realm === undefined || nonce === undefined || signature === undefined || more.length > 0) return undefined;
  return { realm: realm.toUpperCase(), nonce, signature };
}

/** `//realm/cluster/account/container`, as X-Container-Sync-To names a container elsewhere. */
export function parseSyncTo(value: string): { realm: string; cluster: string; account: string; container: string } | undefined {
  const [, realm, cluster, account, container] = /^\/\/([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)\/?$/.exec(value.trim()) ?? [];
  if (realm === undefined || cluster === undefined || account === undefined || container === undefined) return undefined;
  return { realm: realm.toUpperCase(), cluster: cluster.toUpperCase(), account, container };
}
