import { days } from '@virga/kernel';
import 'reflect-metadata';
import { Readable } from 'node:stream';
import type { AccessKeys } from '@virga/identity-client';
import { personas } from '@virga/testing';
import type { FrontRequest } from '../../front/index.js';
import type { ObjectStorageSettings } from '../../settings/index.js';
import { addressOf } from '../request/address.js';
import { Authentication, type Authenticated } from './authentication.js';

// The examples of the S3 API Reference ("Examples: Signature Calculations", "Transferring payload in multiple chunks", "Including
// trailing headers") and of the S3 User Guide ("Signing and authenticating REST requests").
const ACCESS = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const NOW = Date.parse('2013-05-24T00:00:00Z');
const V2_NOW = Date.parse('2007-03-27T19:36:42Z');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const settings: ObjectStorageSettings = { region: 'us-east-1', rootKeyLifetime: days(90), publicUrl: '', bucketDomains: ['s3.amazonaws.com'], policies: [] };
const secrets: Readonly<Record<string, string>> = { [ACCESS]: SECRET, V2: 'uV3F3YluFJax1cknvbcGwgjvx4QpvB+leU8dUj2o' };
const keys = {
  find: async (access: string) => (secrets[access] === undefined ? undefined : { secret: Buffer.from(secrets[access]), caller: personas.alice }),
} as unknown as AccessKeys;
const authentication = new Authentication(keys, settings);

interface Asked { method?: string; url?: string; headers?: Record<string, string>; body?: Buffer | Buffer[]; now?: number }

async function authenticate({ method = 'GET', url = '/test.txt', headers = {}, body = [], now = NOW }: Asked): Promise<Authenticated> {
  const [rawPath = '', rawQuery = ''] = url.split('?');
  const front: FrontRequest = {
    id: 'req', method, rawPath, rawQuery, query: new URLSearchParams(rawQuery), headers: { host: 'examplebucket.s3.amazonaws.com', ...headers },
    body: Readable.from([body].flat()), remoteAddress: '127.0.0.1', signal: new AbortController().signal, noteFailure: () => undefined,
  };
  return authentication.authenticate(front, addressOf(rawPath, front.headers.host, settings.bucketDomains), now);
}

function v4(signedHeaders: string, signature: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    'x-amz-date': '20130524T000000Z', 'x-amz-content-sha256': EMPTY,
    authorization: `AWS4-HMAC-SHA256 Credential=${ACCESS}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`, ...more,
  };
}

const getObject = { headers: v4('host;range;x-amz-content-sha256;x-amz-date', 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41', { range: 'bytes=0-9' }) };
const putObject = {
  method: 'PUT', url: '/test%24file.text', body: Buffer.from('Welcome to Amazon S3.'),
  headers: v4('date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class', '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd', {
    date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY', 'content-length': '21',
    'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
  }),
};
const PRESIGNED = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${ACCESS}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host`
  + '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';

describe('signature version 4', () => {
  it.each<[string, Asked]>([
    ['GET object with a range', getObject],
    ['PUT object', putObject],
    ['GET bucket lifecycle', { url: '/?lifecycle', headers: v4('host;x-amz-content-sha256;x-amz-date', 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543') }],
    ['list objects', { url: '/?max-keys=2&prefix=J', headers: v4('host;x-amz-content-sha256;x-amz-date', '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7') }],
    ['a presigned GET', { url: `/test.txt?${PRESIGNED}` }],
  ])('accepts AWS\'s own example: %s', async (_, asked) => {
    const { caller } = await authenticate(asked);
    expect(caller).toMatchObject({ accessKey: ACCESS, account: `AUTH_${personas.alice.projectId}` });
  });

  it.each<[string, Asked, string]>([
    ['another method', { ...getObject, method: 'HEAD' }, 'SignatureDoesNotMatch'],
    ['another path', { ...getObject, url: '/test.txt2' }, 'SignatureDoesNotMatch'],
    ['a doubled slash', { ...getObject, url: '//test.txt' }, 'SignatureDoesNotMatch'],
    ['another query', { ...getObject, url: '/test.txt?versionId=1' }, 'SignatureDoesNotMatch'],
    ['another signed header', { headers: { ...getObject.headers, range: 'bytes=0-10' } }, 'SignatureDoesNotMatch'],
    ['a header of S3\'s that is not signed', { headers: { ...getObject.headers, 'x-amz-acl': 'public-read' } }, 'AccessDenied'],
    ['an unknown key', { headers: { ...getObject.headers, authorization: getObject.headers['authorization']!.replace(ACCESS, 'NOBODY') } }, 'InvalidAccessKeyId'],
    ['another region', { headers: { ...getObject.headers, authorization: getObject.headers['authorization']!.replace('us-east-1', 'mars-1') } }, 'AuthorizationHeaderMalformed'],
    ['another day', { headers: { ...getObject.headers, authorization: getObject.headers['authorization']!.replace('20130524', '20130525') } }, 'AuthorizationHeaderMalformed'],
    ['another service', { headers: { ...getObject.headers, authorization: getObject.headers['authorization']!.replace('/s3/', '/ec2/') } }, 'AuthorizationHeaderMalformed'],
    ['no signature in the header', { headers: { ...getObject.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' } }, 'AuthorizationHeaderMalformed'],
    ['an unknown scheme', { headers: { authorization: 'Bearer x' } }, 'InvalidArgument'],
    ['two signatures', { ...getObject, url: `/test.txt?${PRESIGNED}` }, 'InvalidArgument'],
    ['a late request', { ...getObject, now: NOW + 15 * 60_000 + 1 }, 'RequestTimeTooSkewed'],
    ['an early request', { ...getObject, now: NOW - 15 * 60_000 - 1 }, 'RequestTimeTooSkewed'],
    ['no date', { headers: { ...getObject.headers, 'x-amz-date': 'yesterday' } }, 'AccessDenied'],
    ['no payload hash', { headers: Object.fromEntries(Object.entries(getObject.headers).filter(([name]) => name !== 'x-amz-content-sha256')) }, 'InvalidRequest'],
    ['a presigned request that has expired', { url: `/test.txt?${PRESIGNED}`, now: NOW + 86_400_001 }, 'AccessDenied'],
    ['a presigned request from the future', { url: `/test.txt?${PRESIGNED}`, now: NOW - 15 * 60_000 - 1 }, 'AccessDenied'],
    ['a presigned request for longer than a week', { url: `/test.txt?${PRESIGNED.replace('86400', '604801')}` }, 'AuthorizationQueryParametersError'],
    ['a presigned request for less than nothing', { url: `/test.txt?${PRESIGNED.replace('86400', '-1')}` }, 'AuthorizationQueryParametersError'],
    ['a presigned request for another time', { url: `/test.txt?${PRESIGNED.replace('86400', '86401')}` }, 'SignatureDoesNotMatch'],
    ['a presigned request that lacks something', { url: `/test.txt?${PRESIGNED.replace('X-Amz-SignedHeaders', 'x')}` }, 'AuthorizationQueryParametersError'],
  ])('refuses %s', async (_, asked, code) => {
    await expect(authenticate(asked)).rejects.toMatchObject({ code });
  });

  it('knows nobody in a request without a signature', async () => {
    expect((await authenticate({})).caller).toBeUndefined();
  });

  it('checks the signed hash of the body while it is read', async () => {
    expect((await (await authenticate(putObject)).body.bytes(100)).toString()).toBe('Welcome to Amazon S3.');
    const changed = await authenticate({ ...putObject, body: Buffer.from('Welcome to Amazon S4.') });
    await expect(changed.body.bytes(100)).rejects.toMatchObject({ code: 'XAmzContentSHA256Mismatch' });
    const short = await authenticate({ ...putObject, body: Buffer.from('Welcome') });
    await expect(short.body.bytes(100)).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});

describe('bodies in aws-chunked encoding', () => {
  const chunk = (size: number, signature?: string): Buffer => Buffer.concat([
    Buffer.from(`${size.toString(16)}${signature === undefined ? '' : `;chunk-signature=${signature}`}\r\n`), Buffer.alloc(size, 'a'), Buffer.from(size === 0 ? '' : '\r\n'),
  ]);
  const common = {
    host: 's3.amazonaws.com', 'x-amz-storage-class': 'REDUCED_REDUNDANCY', 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '66560', 'content-length': '66824',
  };
  const signed = {
    method: 'PUT', url: '/examplebucket/chunkObject.txt',
    headers: v4('content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class', '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      { ...common, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }),
    body: Buffer.concat([
      chunk(65536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'), chunk(1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'),
      chunk(0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'), Buffer.from('\r\n'),
    ]),
  };
  const trailed = {
    ...signed,
    headers: v4('content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer', '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
      { ...common, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'x-amz-trailer': 'x-amz-checksum-crc32c' }),
    body: Buffer.concat([
      chunk(65536, 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2'), chunk(1024, '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7'),
      chunk(0, '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992'),
      Buffer.from('x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'),
    ]),
  };
  const read = async (asked: Asked): Promise<Buffer> => (await authenticate(asked)).body.bytes(100_000);
  const changed = (body: Buffer, at: number): Buffer => { const copy = Buffer.from(body); copy[at]! ^= 1; return copy; };
  const pieces = (body: Buffer, size: number): Buffer[] => Array.from({ length: Math.ceil(body.length / size) }, (_, index) => body.subarray(index * size, (index + 1) * size));

  it.each([['in chunks', signed], ['in chunks with a trailer', trailed]])('accepts AWS\'s own example: PUT object %s', async (_, asked) => {
    const all = Buffer.alloc(66560, 'a');
    expect((await read(asked)).equals(all)).toBe(true);
    for (const size of [1, 7, 100, 65537]) expect((await read({ ...asked, body: pieces(asked.body, size) })).equals(all)).toBe(true);
  });

  it('keeps the checksum that the trailer brought', async () => {
    const { body } = await authenticate(trailed);
    await body.bytes(100_000);
    expect(body.checksum).toEqual({ algorithm: 'CRC32C', value: 'sOO8/Q==' });
  });

  it.each<[string, Buffer, string]>([
    ['a changed byte', changed(signed.body, 1000), 'SignatureDoesNotMatch'],
    ['a changed signature', changed(signed.body, 26), 'SignatureDoesNotMatch'],
    ['a body that ends too early', signed.body.subarray(0, 70), 'IncompleteBody'],
    ['a body without its last chunk', signed.body.subarray(0, signed.body.length - 88), 'IncompleteBody'],
    ['no chunks at all', Buffer.alloc(66560, 'a'), 'IncompleteBody'],
    ['chunks without signatures', Buffer.concat([chunk(65536), chunk(1024), chunk(0)]), 'IncompleteBody'],
  ])('refuses %s', async (_, body, code) => {
    await expect(read({ ...signed, body })).rejects.toMatchObject({ code });
  });

  it.each<[string, string, string]>([
    ['a changed checksum', 'sOO8/Q==|sOO8/g==', 'SignatureDoesNotMatch'],
    ['no checksum', 'x-amz-checksum-crc32c:sOO8/Q==\r\n|', 'MalformedTrailerError'],
    ['another trailer', 'x-amz-trailer-signature|x-amz-meta-a:b\r\nx-amz-trailer-signature', 'MalformedTrailerError'],
    ['no trailer signature', 'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435|', 'SignatureDoesNotMatch'],
  ])('refuses a trailer with %s', async (_, change, code) => {
    const [from = '', to = ''] = change.split('|');
    await expect(read({ ...trailed, body: Buffer.from(trailed.body.toString('latin1').replace(from, to), 'latin1') })).rejects.toMatchObject({ code });
  });
});

describe('signature version 2', () => {
  const date = 'Tue, 27 Mar 2007 19:36:42 +0000';
  const v2 = (signature: string, more: Record<string, string> = {}): Record<string, string> => ({ host: 'johnsmith.s3.amazonaws.com', date, authorization: `AWS ${ACCESS}:${signature}`, ...more });
  const SECRETS_2 = secrets as Record<string, string>;
  const examples: [string, Asked][] = [
    ['GET object', { url: '/photos/puppy.jpg', headers: v2('bWq2s1WEIj+Ydj0vQ697zp+IXMU=') }],
    ['PUT object', { method: 'PUT', url: '/photos/puppy.jpg', headers: v2('MyyxeRY7whkBe+bq8fHCL/2kKUg=', { 'content-type': 'image/jpeg', date: 'Tue, 27 Mar 2007 21:15:45 +0000' }), now: Date.parse('2007-03-27T21:15:45Z') }],
    ['list', { url: '/?prefix=photos&max-keys=50&marker=puppy', headers: v2('htDYFYduRNen8P9ZfE/s9SuKy0U=', { date: 'Tue, 27 Mar 2007 19:42:41 +0000' }) }],
    ['fetch', { url: '/?acl', headers: v2('c2WLPFtWHVgbEmeEG93a4cG37dM=', { date: 'Tue, 27 Mar 2007 19:44:46 +0000' }) }],
  ];

  it.each(examples)('accepts AWS\'s own example: %s', async (_, asked) => {
    expect((await authenticate({ now: V2_NOW, ...asked })).caller?.accessKey).toBe(ACCESS);
  });

  it('refuses a changed request, a late one, and an unknown key', async () => {
    const [, get] = examples[0]!;
    await expect(authenticate({ ...get, url: '/photos/kitten.jpg', now: V2_NOW })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
    await expect(authenticate({ ...get, now: V2_NOW + 3_600_000 })).rejects.toMatchObject({ code: 'RequestTimeTooSkewed' });
    await expect(authenticate({ headers: v2('x', { authorization: 'AWS nobody:x' }), now: V2_NOW })).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
    await expect(authenticate({ headers: v2('x', { authorization: 'AWS nobody' }), now: V2_NOW })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('accepts a signature in the query until it expires', async () => {
    SECRETS_2[ACCESS] = SECRET;
    const query = `/photos/puppy.jpg?AWSAccessKeyId=${ACCESS}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620`;
    const headers = { host: 'johnsmith.s3.amazonaws.com' };
    expect((await authenticate({ url: query, headers, now: V2_NOW })).caller?.accessKey).toBe(ACCESS);
    await expect(authenticate({ url: query, headers, now: 1175139621_000 })).rejects.toMatchObject({ code: 'AccessDenied' });
    await expect(authenticate({ url: query.replace('1175139620', '1175139621'), headers, now: V2_NOW })).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });
});
