import { createHash, randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand, DeleteObjectCommand,
  DeleteObjectsCommand, GetBucketLocationCommand, GetObjectAttributesCommand, GetObjectCommand, HeadBucketCommand, HeadObjectCommand, ListBucketsCommand, ListMultipartUploadsCommand,
  ListObjectsCommand, ListObjectsV2Command, ListPartsCommand, PutObjectCommand, S3Client, UploadPartCommand, UploadPartCopyCommand, type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { systemClock } from '@virga/kernel';
import { demoProject, type Persona } from '@virga/testing';
import { personaKey, useObjectStorage } from '../testing/index.js';

const MIB = 1024 * 1024;

/** Every host name is here. */
const loopback: LookupFunction = (_host, options, found) => (options.all === true ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4));

describe('S3', () => {
  // AWS's client takes the time from the answers' Date headers, which Node writes.
  const storage = useObjectStorage({ clock: systemClock });
  const clients: S3Client[] = [];
  let alice: S3Client;
  let bob: S3Client;
  let names = 0;

  const client = (persona: Persona, more: Partial<S3ClientConfig> = {}): S3Client => {
    const made = new S3Client({
      endpoint: storage.url, region: 'us-east-1', forcePathStyle: true, credentials: personaKey(persona), maxAttempts: 1, ...more,
    });
    clients.push(made);
    return made;
  };

  beforeAll(() => {
    [alice, bob] = [client('alice'), client('bob')];
  });
  afterAll(() => clients.forEach((made) => made.destroy()));

  async function newBucket(of = alice): Promise<string> {
    const Bucket = `bucket-${names += 1}`;
    await of.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }

  const put = (Bucket: string, Key: string, Body: string | Buffer = Key) => alice.send(new PutObjectCommand({ Bucket, Key, Body }));
  const get = async (Bucket: string, Key: string, more: object = {}, from = alice) => {
    const answer = await from.send(new GetObjectCommand({ Bucket, Key, ...more }));
    return { ...answer, bytes: Buffer.from(await answer.Body!.transformToByteArray()) };
  };
  const md5 = (bytes: Buffer | string): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
  const failing = (name: string, status: number) => expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) as unknown });

  describe('buckets', () => {
    it('are listed, found, located and removed by their owner', async () => {
      const Bucket = await newBucket();
      const { Buckets = [], Owner } = await alice.send(new ListBucketsCommand({}));
      expect(Buckets.map(({ Name }) => Name)).toContain(Bucket);
      expect(Owner?.ID).toBe('demo:alice');
      expect((await alice.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1');
      expect((await alice.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeUndefined();
      await put(Bucket, 'a');
      await expect(alice.send(new DeleteBucketCommand({ Bucket }))).rejects.toEqual(failing('BucketNotEmpty', 409));
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
      await alice.send(new DeleteBucketCommand({ Bucket }));
      await expect(alice.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    });

    it('have names that are one owner\'s', async () => {
      const Bucket = await newBucket();
      await expect(alice.send(new CreateBucketCommand({ Bucket }))).rejects.toEqual(failing('BucketAlreadyOwnedByYou', 409));
      await expect(bob.send(new CreateBucketCommand({ Bucket }))).rejects.toEqual(failing('BucketAlreadyExists', 409));
      await put(Bucket, 'in use');
      await expect(alice.send(new CreateBucketCommand({ Bucket }))).resolves.toMatchObject({ Location: `/${Bucket}` });
      await expect(alice.send(new CreateBucketCommand({ Bucket: 'Upper_Case' }))).rejects.toEqual(failing('InvalidBucketName', 400));
    });

    it('are in the cloud\'s region or in none', async () => {
      const make = (LocationConstraint: string) => alice.send(new CreateBucketCommand({ Bucket: `bucket-${names += 1}`, CreateBucketConfiguration: { LocationConstraint: LocationConstraint as never } }));
      await make('RegionOne');
      expect((await alice.send(new GetBucketLocationCommand({ Bucket: `bucket-${names}` }))).LocationConstraint).toBe('RegionOne');
      await expect(make('eu-mars-1')).rejects.toEqual(failing('InvalidLocationConstraint', 400));
      await expect(client('alice', { region: 'RegionOne' }).send(new ListBucketsCommand({}))).resolves.toBeDefined();
      await expect(client('alice', { region: 'eu-mars-1' }).send(new ListBucketsCommand({}))).rejects.toEqual(failing('AuthorizationHeaderMalformed', 400));
    });

    it('are closed to others', async () => {
      const Bucket = await newBucket();
      await put(Bucket, 'a');
      await expect(bob.send(new ListObjectsV2Command({ Bucket }))).rejects.toEqual(failing('AccessDenied', 403));
      await expect(bob.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toEqual(failing('AccessDenied', 403));
      await expect(bob.send(new GetObjectCommand({ Bucket, Key: 'missing' }))).rejects.toEqual(failing('AccessDenied', 403));
      await expect(bob.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'b' }))).rejects.toEqual(failing('AccessDenied', 403));
      await expect(bob.send(new DeleteBucketCommand({ Bucket }))).rejects.toEqual(failing('AccessDenied', 403));
      const anonymous = await fetch(`${storage.url}/${Bucket}/a`);
      expect([anonymous.status, await anonymous.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    });

    it('hold the quotas of their containers', async () => {
      const Bucket = await newBucket();
      const { id } = (await storage.containers.find(`AUTH_${demoProject}`, Bucket))!;
      await put(Bucket, 'a', '123456');
      await storage.containers.change(id, { metadata: { 'x-container-meta-quota-bytes': '10' } });
      const refused = failing('QuotaExceeded', 403);
      await expect(put(Bucket, 'b', '12345')).rejects.toEqual(refused);
      await expect(alice.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/a` }))).rejects.toEqual(refused);
      const { UploadId } = await alice.send(new CreateMultipartUploadCommand({ Bucket, Key: 'b' }));
      const part = (PartNumber: number, Body: string) => alice.send(new UploadPartCommand({ Bucket, Key: 'b', UploadId, PartNumber, Body }));
      await expect(part(1, '12345')).rejects.toEqual(refused);
      const { ETag } = await part(1, '1234');
      await storage.containers.change(id, { metadata: { 'x-container-meta-quota-bytes': '9' } });
      await expect(alice.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'b', UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }))).rejects.toEqual(refused);
      await storage.containers.change(id, { metadata: { 'x-container-meta-quota-bytes': undefined, 'x-container-meta-quota-count': '1' } });
      await expect(put(Bucket, 'c', '')).rejects.toEqual(refused);
      expect(await storage.containers.find(`AUTH_${demoProject}`, Bucket)).toMatchObject({ objectCount: 1, bytesUsed: 6 });
    });

    it('are containers of Swift', async () => {
      const Bucket = await newBucket();
      await alice.send(new PutObjectCommand({ Bucket, Key: 'shared', Body: 'both', Metadata: { color: 'red' } }));
      const container = await storage.containers.find(`AUTH_${demoProject}`, Bucket);
      expect(container).toMatchObject({ objectCount: 1, bytesUsed: 4 });
      expect(await storage.objects.find(container!, 'shared')).toMatchObject({ metadata: { 'x-object-meta-color': 'red' } });
    });
  });

  describe('objects', () => {
    it.each([['nothing', 0], ['little', 10], ['much', 3 * MIB]])('give back %s as it was put, with what was said of it', async (_, size) => {
      const Bucket = await newBucket();
      const bytes = randomBytes(size);
      const Key = 'a/ü ☃ +%2F&?=.bin';
      const { ETag } = await alice.send(new PutObjectCommand({
        Bucket, Key, Body: bytes, ContentType: 'image/x', CacheControl: 'no-cache', ContentLanguage: 'en', ContentEncoding: 'gzip', ContentDisposition: 'inline', Metadata: { 'a-b': 'c d', empty: '' },
      }));
      expect(ETag).toBe(md5(bytes));
      const got = await get(Bucket, Key);
      expect(got.bytes.equals(bytes)).toBe(true);
      expect(got).toMatchObject({
        ETag, ContentLength: size, ContentType: 'image/x', CacheControl: 'no-cache', ContentLanguage: 'en', ContentEncoding: 'gzip', ContentDisposition: 'inline', Metadata: { 'a-b': 'c d', empty: '' },
      });
      expect(await alice.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ ETag, ContentLength: size, Metadata: { 'a-b': 'c d', empty: '' } });
    });

    it.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256', 'CRC64NVME'] as const)('come as a stream with a %s in the trailer, and keep it', async (ChecksumAlgorithm) => {
      const Bucket = await newBucket();
      const bytes = randomBytes(200_000);
      await alice.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body: Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]), ContentLength: bytes.length, ChecksumAlgorithm }));
      // The client computes the checksum of what it gets and compares.
      const got = await get(Bucket, 'streamed', { ChecksumMode: 'ENABLED' });
      expect(got.bytes.equals(bytes)).toBe(true);
      expect(got[`Checksum${ChecksumAlgorithm}`]).toBeDefined();
      const { Checksum, ObjectSize } = await alice.send(new GetObjectAttributesCommand({ Bucket, Key: 'streamed', ObjectAttributes: ['Checksum', 'ObjectSize'] }));
      expect([Checksum?.[`Checksum${ChecksumAlgorithm}`], ObjectSize]).toEqual([got[`Checksum${ChecksumAlgorithm}`], bytes.length]);
    });

    it('are not made of bodies that are not as announced', async () => {
      const Bucket = await newBucket();
      const send = (more: object) => alice.send(new PutObjectCommand({ Bucket, Key: 'bad', Body: 'body', ...more }));
      await expect(send({ ContentMD5: Buffer.alloc(16).toString('base64') })).rejects.toEqual(failing('BadDigest', 400));
      await expect(send({ ContentMD5: 'nonsense' })).rejects.toEqual(failing('InvalidDigest', 400));
      await expect(send({ ChecksumSHA256: Buffer.alloc(32).toString('base64') })).rejects.toEqual(failing('BadDigest', 400));
      await expect(send({ ChecksumCRC32: 'AAAA' })).rejects.toEqual(failing('InvalidRequest', 400));
      await expect(get(Bucket, 'bad')).rejects.toEqual(failing('NoSuchKey', 404));
      expect(await storage.database.sql`SELECT FROM object WHERE name = 'bad'`).toEqual([]);
    });

    it('give ranges, and say which there are not', async () => {
      const Bucket = await newBucket();
      await put(Bucket, 'digits', '0123456789');
      expect(await get(Bucket, 'digits', { Range: 'bytes=2-4' })).toMatchObject({ bytes: Buffer.from('234'), ContentRange: 'bytes 2-4/10', ContentLength: 3, $metadata: { httpStatusCode: 206 } });
      expect((await get(Bucket, 'digits', { Range: 'bytes=-3' })).bytes.toString()).toBe('789');
      expect((await get(Bucket, 'digits', { Range: 'lines=1-2' })).bytes.toString()).toBe('0123456789');
      await expect(get(Bucket, 'digits', { Range: 'bytes=10-' })).rejects.toEqual(failing('InvalidRange', 416));
    });

    it('are read and replaced on conditions', async () => {
      const Bucket = await newBucket();
      const { ETag } = await put(Bucket, 'a');
      const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
      await expect(get(Bucket, 'a', { IfMatch: ETag, IfNoneMatch: '"other"', IfModifiedSince: future, IfUnmodifiedSince: past })).resolves.toBeDefined();
      for (const refused of [{ IfMatch: '"other"' }, { IfUnmodifiedSince: past }]) await expect(get(Bucket, 'a', refused)).rejects.toEqual(failing('PreconditionFailed', 412));
      for (const known of [{ IfNoneMatch: ETag }, { IfModifiedSince: future }, { IfNoneMatch: '*' }]) await expect(get(Bucket, 'a', known)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
      const write = (more: object) => alice.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'new', ...more }));
      await expect(write({ IfNoneMatch: '*' })).rejects.toEqual(failing('PreconditionFailed', 412));
      await expect(write({ IfMatch: '"other"' })).rejects.toEqual(failing('PreconditionFailed', 412));
      await write({ IfMatch: ETag });
      expect((await get(Bucket, 'a')).bytes.toString()).toBe('new');
    });

    it('are made once by any number of clients that ask for a new one at the same time', async () => {
      const Bucket = await newBucket();
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, index) => alice.send(new PutObjectCommand({ Bucket, Key: 'lock', Body: String(index), IfNoneMatch: '*' }))));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('are copied, with their metadata or other', async () => {
      const Bucket = await newBucket();
      await alice.send(new PutObjectCommand({ Bucket, Key: 'source ☃', Body: 'bytes', ContentType: 'a/b', Metadata: { a: '1' } }));
      const copy = (Key: string, more: object = {}) => alice.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${encodeURIComponent('source ☃')}`, ...more }));
      expect((await copy('same')).CopyObjectResult?.ETag).toBe(md5('bytes'));
      await copy('other', { MetadataDirective: 'REPLACE', ContentType: 'c/d', Metadata: { b: '2' } });
      expect(await get(Bucket, 'same')).toMatchObject({ ContentType: 'a/b', Metadata: { a: '1' }, bytes: Buffer.from('bytes') });
      expect(await get(Bucket, 'other')).toMatchObject({ ContentType: 'c/d', Metadata: { b: '2' }, bytes: Buffer.from('bytes') });
      await expect(copy('source ☃')).rejects.toEqual(failing('InvalidRequest', 400));
      await copy('source ☃', { MetadataDirective: 'REPLACE', Metadata: { c: '3' } });
      expect((await get(Bucket, 'source ☃')).Metadata).toEqual({ c: '3' });
      await expect(copy('x', { CopySourceIfMatch: '"other"' })).rejects.toEqual(failing('PreconditionFailed', 412));
      await expect(alice.send(new CopyObjectCommand({ Bucket, Key: 'x', CopySource: `${Bucket}/missing` }))).rejects.toEqual(failing('NoSuchKey', 404));
      await expect(bob.send(new CopyObjectCommand({ Bucket: await newBucket(bob), Key: 'x', CopySource: `${Bucket}/same` }))).rejects.toEqual(failing('AccessDenied', 403));
    });

    it('are removed, many at once, and being gone is no failure', async () => {
      const Bucket = await newBucket();
      const keys = Array.from({ length: 30 }, (_, index) => `key <&> ${index}`);
      await Promise.all(keys.map((key) => put(Bucket, key)));
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'never was' }));
      const { Deleted, Errors } = await alice.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [...keys.slice(1), 'never was'].map((Key) => ({ Key })) } }));
      expect([Deleted?.length, Errors]).toEqual([30, undefined]);
      const quiet = await alice.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects: [{ Key: keys[0]! }, { Key: 'x'.repeat(1025) }] } }));
      expect([quiet.Deleted, quiet.Errors?.map(({ Code }) => Code)]).toEqual([undefined, ['KeyTooLongError']]);
      expect((await alice.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
    });
  });

  describe('lists', () => {
    let Bucket: string;
    const keys = ['a', 'b/1', 'b/2', 'c d', 'e/f/1', 'e/f/2', 'é', 'z\u0001'];
    beforeAll(async () => {
      Bucket = await newBucket();
      for (const key of keys) await put(Bucket, key);
    });

    it.each([1, 2, 3, 1000])('give everything once in pages of %d, in order', async (MaxKeys) => {
      const seen: (string | undefined)[] = [];
      for (let ContinuationToken: string | undefined, isMore = true; isMore;) {
        const page: { Contents?: { Key?: string }[]; NextContinuationToken?: string | undefined; IsTruncated?: boolean } =
          await alice.send(new ListObjectsV2Command({ Bucket, MaxKeys, ContinuationToken, EncodingType: 'url' })) as never;
        seen.push(...(page.Contents ?? []).map(({ Key = '' }) => decodeURIComponent(Key)));
        [ContinuationToken, isMore] = [page.NextContinuationToken, page.IsTruncated === true];
      }
      expect(seen).toEqual([...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))));
    });

    it('gather what a delimiter ends, in pages too', async () => {
      const seen: (string | undefined)[] = [];
      for (let Marker: string | undefined, isMore = true; isMore;) {
        const page: { Contents?: { Key?: string }[]; CommonPrefixes?: { Prefix?: string }[]; NextMarker?: string | undefined; IsTruncated?: boolean } =
          await alice.send(new ListObjectsCommand({ Bucket, MaxKeys: 1, Delimiter: '/', Marker, EncodingType: 'url' })) as never;
        seen.push(...(page.Contents ?? []).map(({ Key = '' }) => decodeURIComponent(Key)), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
        [Marker, isMore] = [page.NextMarker && decodeURIComponent(page.NextMarker), page.IsTruncated === true];
      }
      expect(seen).toEqual(['a', 'b/', 'c d', 'e/', 'z\u0001', 'é']);
      expect(await alice.send(new ListObjectsV2Command({ Bucket, Prefix: 'e/', Delimiter: '/' }))).toMatchObject({ CommonPrefixes: [{ Prefix: 'e/f/' }], KeyCount: 1 });
    });

    it('begin after a name, end at none, and tell owners when asked', async () => {
      expect((await alice.send(new ListObjectsV2Command({ Bucket, StartAfter: 'c d', Prefix: 'e' }))).Contents?.map(({ Key }) => Key)).toEqual(['e/f/1', 'e/f/2']);
      expect(await alice.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }))).toMatchObject({ KeyCount: 0, IsTruncated: false });
      expect((await alice.send(new ListObjectsV2Command({ Bucket, Prefix: 'a', FetchOwner: true }))).Contents?.[0]?.Owner?.ID).toBe('demo:alice');
      expect((await alice.send(new ListObjectsV2Command({ Bucket, Prefix: 'a' }))).Contents?.[0]?.Owner).toBeUndefined();
      await expect(alice.send(new ListObjectsV2Command({ Bucket, ContinuationToken: '!' }))).rejects.toEqual(failing('InvalidArgument', 400));
    });
  });

  describe('uploads in parts', () => {
    const begin = async (Bucket: string, Key = 'big', more: object = {}) => (await alice.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId!;
    const part = (Bucket: string, UploadId: string, PartNumber: number, Body: Buffer, more: object = {}) => alice.send(new UploadPartCommand({ Bucket, Key: 'big', UploadId, PartNumber, Body, ...more }));
    const complete = (Bucket: string, UploadId: string, Parts: object[]) => alice.send(new CompleteMultipartUploadCommand({ Bucket, Key: 'big', UploadId, MultipartUpload: { Parts } }));
    const unreleased = async (): Promise<number> => (await storage.database.sql`SELECT FROM blob WHERE released_at IS NULL`).length;

    it('become one object of the chosen parts, and let go of the others', async () => {
      const Bucket = await newBucket();
      const before = await unreleased();
      const UploadId = await begin(Bucket, 'big', { ContentType: 'x/y', Metadata: { a: 'b' } });
      const pieces = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1000)] as const;
      const second = await part(Bucket, UploadId, 7, pieces[1]);
      await part(Bucket, UploadId, 3, randomBytes(5 * MIB));
      const first = await part(Bucket, UploadId, 3, pieces[0]);
      const last = await part(Bucket, UploadId, 9, pieces[2]);
      await part(Bucket, UploadId, 10, Buffer.from('unused'));
      const listed = await alice.send(new ListPartsCommand({ Bucket, Key: 'big', UploadId, MaxParts: 2, PartNumberMarker: '3' }));
      expect([listed.Parts?.map(({ PartNumber }) => PartNumber), listed.IsTruncated, listed.NextPartNumberMarker]).toEqual([[7, 9], true, '9']);
      await expect(get(Bucket, 'big')).rejects.toEqual(failing('NoSuchKey', 404));

      const parts = [{ PartNumber: 3, ETag: first.ETag }, { PartNumber: 7, ETag: second.ETag }, { PartNumber: 9, ETag: last.ETag }];
      const done = await complete(Bucket, UploadId, parts);
      expect(done.ETag).toBe(md5(Buffer.from([first, second, last].map(({ ETag }) => ETag!.slice(1, -1)).join(''), 'hex')).replace(/"$/, '-3"'));
      const got = await get(Bucket, 'big');
      expect(got.bytes.equals(Buffer.concat([...pieces]))).toBe(true);
      expect(got).toMatchObject({ ContentType: 'x/y', Metadata: { a: 'b' }, ETag: done.ETag });
      expect((await get(Bucket, 'big', { Range: `bytes=${5 * MIB - 2}-${5 * MIB + 1}` })).bytes).toEqual(Buffer.concat([pieces[0].subarray(-2), pieces[1].subarray(0, 2)]));
      expect(await get(Bucket, 'big', { PartNumber: 7 })).toMatchObject({ PartsCount: 3, ContentLength: 5 * MIB });
      expect(await unreleased() - before).toBe(3);
      // Who did not get the answer asks again.
      expect((await complete(Bucket, UploadId, parts)).ETag).toBe(done.ETag);
      await expect(complete(Bucket, UploadId, parts.slice(1))).rejects.toEqual(failing('NoSuchUpload', 404));
      await expect(part(Bucket, UploadId, 1, Buffer.from('late'))).rejects.toEqual(failing('NoSuchUpload', 404));
    });

    it('refuse what was not sent, in another order, or too small', async () => {
      const Bucket = await newBucket();
      const UploadId = await begin(Bucket);
      const [one, two] = [await part(Bucket, UploadId, 1, Buffer.from('small')), await part(Bucket, UploadId, 2, Buffer.from('small too'))];
      await expect(complete(Bucket, UploadId, [{ PartNumber: 2, ETag: two.ETag }, { PartNumber: 1, ETag: one.ETag }])).rejects.toEqual(failing('InvalidPartOrder', 400));
      await expect(complete(Bucket, UploadId, [{ PartNumber: 1, ETag: two.ETag }])).rejects.toEqual(failing('InvalidPart', 400));
      await expect(complete(Bucket, UploadId, [{ PartNumber: 3, ETag: one.ETag }])).rejects.toEqual(failing('InvalidPart', 400));
      await expect(complete(Bucket, UploadId, [{ PartNumber: 1, ETag: one.ETag }, { PartNumber: 2, ETag: two.ETag }])).rejects.toEqual(failing('EntityTooSmall', 400));
      await expect(complete(Bucket, UploadId, [])).rejects.toEqual(failing('MalformedXML', 400));
      for (const number of [0, 10_001]) await expect(part(Bucket, UploadId, number, Buffer.from('x'))).rejects.toEqual(failing('InvalidArgument', 400));
      await expect(part(Bucket, 'nonsense', 1, Buffer.from('x'))).rejects.toEqual(failing('NoSuchUpload', 404));
    });

    it('are listed until they are aborted, which lets go of all bytes', async () => {
      const Bucket = await newBucket();
      const before = await unreleased();
      const ids = [await begin(Bucket, 'a/1'), await begin(Bucket, 'a/2'), await begin(Bucket), await begin(Bucket)];
      await part(Bucket, ids[2]!, 1, Buffer.from('bytes'));
      const list = (more: object) => alice.send(new ListMultipartUploadsCommand({ Bucket, ...more }));
      expect((await list({})).Uploads?.map(({ UploadId }) => UploadId)).toEqual(ids);
      expect(await list({ Delimiter: '/' })).toMatchObject({ CommonPrefixes: [{ Prefix: 'a/' }], Uploads: [{ Key: 'big' }, { Key: 'big' }] });
      const page = await list({ MaxUploads: 3 });
      expect([page.IsTruncated, page.NextKeyMarker, page.NextUploadIdMarker]).toEqual([true, 'big', ids[2]]);
      expect((await list({ KeyMarker: 'big', UploadIdMarker: ids[2] })).Uploads?.map(({ UploadId }) => UploadId)).toEqual([ids[3]]);
      expect((await list({ Delimiter: '/', MaxUploads: 1 })).NextKeyMarker).toBe('a/');
      expect(await list({ Delimiter: '/', KeyMarker: 'a/' })).toMatchObject({ Uploads: [{ Key: 'big' }, { Key: 'big' }] });
      for (const [index, Key] of ['a/1', 'a/2', 'big', 'big'].entries()) await alice.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: ids[index]! }));
      expect((await list({})).Uploads).toBeUndefined();
      expect(await unreleased()).toBe(before);
      await expect(alice.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId: ids[2]! }))).rejects.toEqual(failing('NoSuchUpload', 404));
      await alice.send(new DeleteBucketCommand({ Bucket }));
    });

    it('take parts of other objects, whole or a piece', async () => {
      const Bucket = await newBucket();
      const source = randomBytes(6 * MIB);
      await put(Bucket, 'source', source);
      const UploadId = await begin(Bucket);
      const copy = (PartNumber: number, CopySourceRange?: string) => alice.send(new UploadPartCopyCommand({ Bucket, Key: 'big', UploadId, PartNumber, CopySource: `${Bucket}/source`, CopySourceRange }));
      const [whole, piece] = [await copy(1), await copy(2, 'bytes=10-19')];
      await expect(copy(3, `bytes=0-${6 * MIB}`)).rejects.toEqual(failing('InvalidRange', 400));
      await complete(Bucket, UploadId, [{ PartNumber: 1, ETag: whole.CopyPartResult?.ETag }, { PartNumber: 2, ETag: piece.CopyPartResult?.ETag }]);
      expect((await get(Bucket, 'big')).bytes.equals(Buffer.concat([source, source.subarray(10, 20)]))).toBe(true);
    });

    it.each([['CRC32', 'FULL_OBJECT'], ['CRC64NVME', 'FULL_OBJECT'], ['CRC32C', 'COMPOSITE'], ['SHA256', 'COMPOSITE']] as const)('have a checksum of the whole: %s, %s', async (ChecksumAlgorithm, ChecksumType) => {
      const Bucket = await newBucket();
      const UploadId = await begin(Bucket, 'big', { ChecksumAlgorithm, ChecksumType });
      const pieces = [randomBytes(5 * MIB), randomBytes(77)];
      const parts = [];
      for (const [index, piece] of pieces.entries()) {
        const sent = await part(Bucket, UploadId, index + 1, piece, { ChecksumAlgorithm });
        parts.push({ PartNumber: index + 1, ETag: sent.ETag, [`Checksum${ChecksumAlgorithm}`]: sent[`Checksum${ChecksumAlgorithm}`] });
      }
      const done = await complete(Bucket, UploadId, parts);
      expect(done.ChecksumType).toBe(ChecksumType);
      if (ChecksumType === 'COMPOSITE') return void expect(done[`Checksum${ChecksumAlgorithm}`]).toMatch(/-2$/);
      await alice.send(new PutObjectCommand({ Bucket, Key: 'at once', Body: Buffer.concat(pieces), ChecksumAlgorithm }));
      expect(done[`Checksum${ChecksumAlgorithm}`]).toBe((await alice.send(new HeadObjectCommand({ Bucket, Key: 'at once', ChecksumMode: 'ENABLED' })))[`Checksum${ChecksumAlgorithm}`]);
    });

    it('end once, whoever completes and aborts at the same time', async () => {
      const Bucket = await newBucket();
      const UploadId = await begin(Bucket);
      const { ETag } = await part(Bucket, UploadId, 1, Buffer.from('bytes'));
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 6 }, () => complete(Bucket, UploadId, [{ PartNumber: 1, ETag }])), alice.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId })),
      ]);
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as Error).name] : []));
      expect(reasons.filter((reason) => reason !== 'NoSuchUpload')).toEqual([]);
      const isAborted = outcomes.at(-1)?.status === 'fulfilled';
      expect((await alice.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(isAborted ? 0 : 1);
      expect((await alice.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
    });
  });

  describe('addresses', () => {
    it('may name the bucket in the host', async () => {
      const Bucket = await newBucket();
      await put(Bucket, 'a/b', 'hosted');
      const hosted = client('alice', { endpoint: `http://objects.test:${storage.port}`, forcePathStyle: false, requestHandler: { httpAgent: new Agent({ lookup: loopback }) } });
      expect((await get(Bucket, 'a/b', {}, hosted)).bytes.toString()).toBe('hosted');
    });

    it.each([
      ['GET', '/', 200], ['PUT', '/', 405], ['GET', '/no-such-bucket-here', 404], ['HEAD', '/no-such-bucket-here', 404], ['GET', '/a%ff', 400], ['GET', '/bucket/%', 400], ['PUT', '/Bad_Name', 403],
      ['PATCH', '/bucket-1', 405], ['GET', '/bucket-1?torrent', 501], ['POST', '/bucket-2?delete', 400], ['GET', '/?X-Amz-Algorithm=x', 400], ['GET', '/?AWSAccessKeyId=x', 403],
    ])('answer %s %s to nobody with %d, in XML and with ids', async (method, path, status) => {
      const answer = await fetch(`${storage.url}${path}`, { method });
      const text = await answer.text();
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-amz-request-id')).toMatch(/^req-/);
      if (status >= 400 && method !== 'HEAD') expect(text).toMatch(/^<\?xml.*<Error><Code>\w+<\/Code>.*<Resource>.*<RequestId>req-.*<\/Error>$/s);
      if (method === 'HEAD') expect(text).toBe('');
    });
  });
});
