import { crc32 } from 'node:zlib';
import { runningChecksum, type ChecksumAlgorithm } from '../request/checksums.js';
import { urlEncoded } from '../request/parameters.js';
import { versionIdOf, versionOf } from '../request/version-id.js';
import type { StoredObject } from '../../objects/index.js';
import { requireBucketName } from './bucket-names.js';
import { combinedCrc } from './combined-crc.js';
import { multipartEtag } from './completion-operations.js';
import { sourceName } from './copy-source.js';
import { copyRangeOf, rangeOf } from './ranges.js';
import { OperationTable, type S3Operation } from './operation.js';

const operation = (name: string, on: S3Operation['on'], method: string, more: Partial<S3Operation> = {}): S3Operation =>
  ({ name, on, method, run: () => Promise.reject(new Error(name)), ...more }) as S3Operation;

describe('OperationTable', () => {
  const table = new OperationTable([{ operations: [
    operation('ListBuckets', 'service', 'GET'), operation('CreateBucket', 'bucket-name', 'PUT'), operation('ListObjects', 'bucket', 'GET'),
    operation('ListObjectsV2', 'bucket', 'GET', { query: ['list-type'] }), operation('GetBucketAcl', 'bucket', 'GET', { query: ['acl'] }),
    operation('PutObject', 'object', 'PUT'), operation('CopyObject', 'object', 'PUT', { header: 'x-amz-copy-source' }),
    operation('UploadPart', 'object', 'PUT', { query: ['uploadId', 'partNumber'] }), operation('UploadPartCopy', 'object', 'PUT', { query: ['uploadId', 'partNumber'], header: 'x-amz-copy-source' }),
    operation('GetObject', 'object', 'GET'),
  ] }]);
  const find = (method: string, level: 'service' | 'bucket' | 'object', query = '', header = ''): string => table.find(method, level, new URLSearchParams(query), (name) => name === header).name;

  it.each([
    ['GET', 'service', '', '', 'ListBuckets'], ['GET', 'service', 'acl', '', 'ListBuckets'], ['PUT', 'bucket', '', '', 'CreateBucket'], ['GET', 'bucket', 'prefix=acl', '', 'ListObjects'],
    ['GET', 'bucket', 'list-type=2', '', 'ListObjectsV2'], ['GET', 'bucket', 'acl', '', 'GetBucketAcl'], ['GET', 'bucket', 'acl=&list-type=2', '', 'GetBucketAcl'],
    ['PUT', 'object', '', '', 'PutObject'], ['PUT', 'object', '', 'x-amz-copy-source', 'CopyObject'], ['PUT', 'object', 'partNumber=1&uploadId=2', '', 'UploadPart'],
    ['PUT', 'object', 'partNumber=1&uploadId=2', 'x-amz-copy-source', 'UploadPartCopy'], ['GET', 'object', 'versionId=1&partNumber=3', '', 'GetObject'],
  ] as const)('takes %s %s ?%s %s for %s', (method, level, query, header, name) => {
    expect(find(method, level, query, header)).toBe(name);
  });

  it.each([
    ['POST', 'bucket', '', 'MethodNotAllowed'], ['DELETE', 'bucket', 'acl', 'MethodNotAllowed'], ['GET', 'bucket', 'torrent', 'NotImplemented'], ['PUT', 'object', 'acl', 'NotImplemented'],
    ['PUT', 'object', 'uploadId=2', 'MethodNotAllowed'], ['GET', 'bucket', 'acl&website', 'NotImplemented'], ['PATCH', 'service', '', 'MethodNotAllowed'],
  ] as const)('refuses %s %s ?%s', (method, level, query, code) => {
    expect(() => find(method, level, query)).toThrow(expect.objectContaining({ code }));
  });
});

describe('bucket names', () => {
  it.each(['abc', 'a-b', 'a.b', '1ab', 'a'.repeat(63)])('may be %s', (name) => {
    expect(() => requireBucketName(name)).not.toThrow();
  });
  it.each(['', 'ab', 'a'.repeat(64), 'Abc', 'a_b', '-ab', 'ab-', '.ab', 'a..b', 'a.-b', 'a-.b', '192.168.5.4', 'xn--abc', 'abc-s3alias', 'a/b', 'añb'])('may not be %s', (name) => {
    expect(() => requireBucketName(name)).toThrow(expect.objectContaining({ code: 'InvalidBucketName' }));
  });
});

describe('ranges', () => {
  it.each([
    [undefined, undefined], ['bytes=0-0', { first: 0, last: 0 }], ['bytes=2-', { first: 2, last: 9 }], ['bytes=-3', { first: 7, last: 9 }], ['bytes=-30', { first: 0, last: 9 }],
    ['bytes=5-100', { first: 5, last: 9 }], ['bytes=5-4', undefined], ['bytes=-', undefined], ['bytes=a-b', undefined], ['bytes=0-1,3-4', undefined], ['lines=0-1', undefined],
  ])('read %s of ten bytes', (header, expected) => {
    expect(rangeOf(header, 10)).toEqual(expected);
  });
  it.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('refuse %s of ten bytes', (header) => {
    expect(() => rangeOf(header, 10)).toThrow(expect.objectContaining({ code: 'InvalidRange', status: 416 }));
  });
  it('of a part\'s source must be whole', () => {
    expect(copyRangeOf('bytes=0-9', 10)).toEqual({ first: 0, last: 9 });
    expect(() => copyRangeOf('bytes=0-10', 10)).toThrow(expect.objectContaining({ code: 'InvalidRange' }));
    for (const header of ['bytes=0-', 'bytes=-1', '0-1', 'bytes=2-1', 'bytes=0-1,2-3']) expect(() => copyRangeOf(header, 10)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});

describe('checksums', () => {
  it.each<ChecksumAlgorithm>(['CRC32', 'CRC32C', 'CRC64NVME'])('of pieces combine to %s of the whole', async (algorithm) => {
    const pieces = [5000, 0, 1, 70_000, 3].map((size, index) => Buffer.alloc(size, `piece ${index}`));
    const crcOf = async (bytes: Buffer): Promise<Buffer> => { const crc = runningChecksum(algorithm); crc.update(bytes); return crc.digest(); };
    const known = await Promise.all(pieces.map(async (bytes) => ({ value: await crcOf(bytes), sizeBytes: bytes.length })));
    expect(combinedCrc(algorithm, known)).toEqual(await crcOf(Buffer.concat(pieces)));
  });
  it('are those that everybody computes', async () => {
    const crc = runningChecksum('CRC32');
    crc.update(Buffer.from('hello'));
    expect((await crc.digest()).readUInt32BE()).toBe(crc32('hello'));
  });
  it('make the ETag of an object in parts', () => {
    expect(multipartEtag(['5d41402abc4b2a76b9719d911017c592', '7d793037a0760186574b0282f2f435e7'])).toBe('065947336a2f2a95ba8899f3675c3be6-2');
  });
});

describe('names in requests and answers', () => {
  it('keep slashes and encode the rest', () => {
    expect(urlEncoded('a b/ü+(1)\'*!~')).toBe('a%20b/%C3%BC%2B%281%29%27%2A%21~');
  });
  it('say which object a copy is made of', () => {
    expect(sourceName('/bucket/a%2Fb%3Fc?versionId=v1')).toEqual({ bucket: 'bucket', key: 'a/b?c', versionId: 'v1' });
    expect(sourceName('bucket/a+b')).toEqual({ bucket: 'bucket', key: 'a+b', versionId: undefined });
    expect(sourceName('b/50%-off \u00e2\u0098\u0083').key).toBe('50%-off ☃');
    for (const header of ['', '/', 'bucket', '/bucket/', '/b/%ff', '/b/k?x', '/b/k?versionId=1&x']) expect(() => sourceName(header)).toThrow(expect.objectContaining({ code: expect.stringMatching(/InvalidArgument|InvalidURI/) as string }));
  });
  it('say which version is meant', () => {
    const object = { version: 1_795_000_000_123_456n, isNullVersion: false } as StoredObject;
    expect(versionOf(versionIdOf(object))).toBe(object.version);
    expect(versionOf(versionIdOf({ ...object, isNullVersion: true }))).toBe('null');
    expect(versionOf(undefined)).toBeUndefined();
    for (const text of ['', 'x', '0'.repeat(15), '0'.repeat(17), 'A'.repeat(16), 'z'.repeat(16)]) expect(() => versionOf(text)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});
