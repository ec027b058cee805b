import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { fc, runs } from '@virga/testing/fast-check';
import { personaIdentity, useObjectStorage } from '../testing/index.js';
import { operations, type SwiftOperation } from './operations.js';
import { demoAccount, swiftAuthentication, swiftClient } from './testing/index.js';

const HEADERS = [
  'range', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'etag', 'content-type', 'content-encoding', 'content-disposition', 'accept', 'origin', 'referer',
  'access-control-request-method', 'access-control-request-headers', 'destination', 'destination-account', 'x-copy-from', 'x-copy-from-account', 'x-fresh-metadata',
  'x-delete-at', 'x-delete-after', 'x-if-delete-at', 'x-timestamp', 'x-trans-id-extra', 'x-detect-content-type', 'x-storage-policy', 'x-newest',
  'x-object-meta-a', 'x-object-meta-', 'x-container-meta-a', 'x-account-meta-a', 'x-container-meta-quota-bytes', 'x-container-meta-quota-count', 'x-account-meta-quota-bytes',
  'x-account-quota-bytes-policy-silver', 'x-account-quota-bytes-policy-none', 'x-account-access-control', 'x-container-read', 'x-container-write', 'x-remove-container-read',
  'x-container-meta-access-control-allow-origin', 'x-container-meta-access-control-max-age', 'x-object-manifest', 'x-symlink-target', 'x-symlink-target-account', 'x-symlink-target-etag',
  'x-versions-location', 'x-history-location', 'x-versions-enabled', 'x-container-sync-to', 'x-container-sync-key', 'x-container-meta-web-index', 'x-container-meta-web-listings',
  'x-container-meta-temp-url-key', 'x-web-mode', 'x-static-large-object', 'x-service-token', 'expires', 'x-backend-timestamp',
];
const PARAMETERS = [
  'prefix', 'delimiter', 'marker', 'end_marker', 'limit', 'path', 'format', 'reverse', 'versions', 'version-id', 'version_marker', 'multipart-manifest', 'symlink', 'bulk-delete',
  'extract-archive', 'temp_url_sig', 'temp_url_expires', 'temp_url_prefix', 'filename', 'inline', 'part-number', 'allow-reserved-names',
];

/** Whatever a header may carry: bytes, as Node takes them. */
const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f).map((code) => String.fromCharCode(code)), maxLength: 60 });
const telling = fc.constantFrom(
  'constructor', 'valueOf', '__proto__', '', '0', '-1', '1', '99999999999999999999', '1.5', 'true', 'None', '*', 'bytes=0-', 'bytes=-1', 'bytes=5-2,1-1', 'bytes=0-0,0-0,0-0,0-0', 'c/o', '/c/o', 'c', '//', '%', '%00', '%FF/%FF', 'a'.repeat(9000),
  '.r:*', '.r:', '.x:y', 'a:b,,c', '{', '{"admin": 1}', '{"admin":["x"]}', 'null', 'json', 'xml', 'get', 'put', 'delete', 'tar', 'text/html; q=x', 'http://x:y:z', 'Thu, 01 Jan 1970 00:00:00 GMT', 'now',
  '\u00c3\u00bc', '\u00ff\u00fe', '"', '"x', ',', ';', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x',
);
const value = fc.oneof({ weight: 3, arbitrary: telling }, { weight: 1, arbitrary: headerText });
const encoded = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => text.isWellFormed()).map(encodeURIComponent),
  fc.constantFrom('%', '%FF', '%00', '%2F', '..', '.', '%EF%BF%BD', 'a%', '%E2%82', 'x'.repeat(1100), '?', '#'),
);
const query = fc.array(fc.tuple(fc.constantFrom(...PARAMETERS), fc.oneof(telling.map(encodeURIComponent), encoded)), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, text]) => `${name}=${text}`).join('&'));

interface Attempt {
  object: string;
  container: string | undefined;
  query: string;
  headers: [string, string][];
  body: string;
}

const attempts: fc.Arbitrary<Attempt> = fc.record({
  object: fc.oneof({ weight: 3, arbitrary: fc.constantFrom('o', 'p') }, { weight: 1, arbitrary: encoded }),
  container: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: encoded }),
  query, headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), value), { maxLength: 5 }),
  body: fc.oneof(fc.constantFrom('', 'bytes', '[]', '[{"path":"c/o"}]', '{', 'c/o\nc', '\u0000'), fc.string({ maxLength: 50 })),
});

describe('whatever is sent', () => {
  const storage = useObjectStorage({ authentication: personaIdentity(swiftAuthentication) });
  const call = swiftClient(storage);
  let container = '';

  beforeEach(async () => {
    container = randomUUID();
    await call(`PUT /v1/${demoAccount}/${container}`, { as: 'alice' });
    await call(`PUT /v1/${demoAccount}/${container}/o`, { as: 'alice', body: 'bytes' });
  });

  /** Over Node's client, which takes headers that `fetch` does not. Answers 0 where the connection was closed instead. */
  const send = (operation: SwiftOperation, attempt: Attempt, as: string): Promise<number> => new Promise((resolve) => {
    const path = operation.path.replace('{account}', demoAccount).replace('{container}', attempt.container ?? container).replace('{object}', attempt.object);
    const takesBody = operation.method === 'PUT' || operation.method === 'POST' || operation.method === 'DELETE';
    const headers = { ...Object.fromEntries(attempt.headers), 'x-auth-token': as, ...(takesBody && { 'content-length': String(Buffer.byteLength(attempt.body)) }) };
    const sent = httpRequest({ host: '127.0.0.1', port: storage.port, method: operation.method, path: attempt.query === '' ? path : `${path}?${attempt.query}`, headers, agent: false }, (answer) => {
      answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0)).end(takesBody ? attempt.body : undefined);
  });

  for (const [name, operation] of Object.entries(operations)) {
    it(`${name} never fails for a reason of ours`, async () => {
      await fc.assert(fc.asyncProperty(attempts, fc.constantFrom('alice', 'reseller', 'bob'), async (attempt, as) => {
        const status = await send(operation, attempt, as);
        if (status === 0 || (status >= 500 && status !== 501)) throw new Error(`${status} for ${operation.method} ${operation.path} as ${as} ${JSON.stringify(attempt)}`);
      }), { numRuns: runs(60), endOnFailure: true });
    });
  }
});
