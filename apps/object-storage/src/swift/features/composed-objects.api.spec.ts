import {
  CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutBucketPolicyCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { s3Client, useObjectStorage } from '../../testing/index.js';
import { md5, swiftAccount } from '../testing/index.js';

describe('objects that Swift’s clients put together, read through S3', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const read = async (Key: string, Range?: string): Promise<string> => {
    const { Body } = await s3Client(storage, 'alice').send(new GetObjectCommand({ Bucket: 'c', Key, ...(Range !== undefined && { Range }) }));
    return Body?.transformToString() ?? '';
  };

  beforeAll(async () => {
    await swift.put('c');
    await swift.put('c/seg1', 'first ');
    await swift.put('c/seg2', 'second');
    await swift.put('c/slo?multipart-manifest=put', JSON.stringify([{ path: '/c/seg1' }, { path: '/c/seg2' }]));
    await swift.put('c/dlo', '', { headers: { 'x-object-manifest': 'c/seg' } });
    await swift.put('c/link', '', { headers: { 'x-symlink-target': 'c/slo' } });
  });

  it.each(['slo', 'dlo', 'link'])('%s is the whole, and ranges of it', async (key) => {
    expect(await read(key)).toBe('first second');
    expect(await read(key, 'bytes=4-7')).toBe('t se');
  });

  it('has the size and ETag of the whole', async () => {
    const etag = `"${md5(md5('first ') + md5('second'))}"`;
    expect(await s3Client(storage, 'alice').send(new HeadObjectCommand({ Bucket: 'c', Key: 'slo' }))).toMatchObject({ ContentLength: 12, ETag: etag });
    const { Contents = [] } = await s3Client(storage, 'alice').send(new ListObjectsV2Command({ Bucket: 'c', Prefix: 'slo' }));
    expect(Contents).toMatchObject([{ Key: 'slo', Size: 12, ETag: etag }]);
  });

  it.each(['slo', 'dlo', 'link'])('%s is copied as the whole, an object of its own', async (key) => {
    const s3 = s3Client(storage, 'alice');
    await s3.send(new CopyObjectCommand({ Bucket: 'c', Key: `copy-of-${key}`, CopySource: `c/${key}` }));
    const raw = await swift.get(`c/copy-of-${key}?multipart-manifest=get&symlink=get`);
    expect([raw.text, raw.headers.get('etag'), raw.headers.has('x-object-manifest'), raw.headers.has('x-static-large-object')]).toEqual(['first second', md5('first second'), false, false]);
  });

  it('is copied as it is though its parts change later', async () => {
    await swift.put('c/part', 'before');
    await swift.put('c/soon-changed', '', { headers: { 'x-object-manifest': 'c/part' } });
    await s3Client(storage, 'alice').send(new CopyObjectCommand({ Bucket: 'c', Key: 'snapshot', CopySource: 'c/soon-changed', CopySourceIfMatch: md5(md5('before')) }));
    await swift.put('c/part', 'after');
    expect([await read('snapshot'), await read('soon-changed')]).toEqual(['before', 'after']);
  });

  it('shares the bytes that a link leads to', async () => {
    await swift.put('c/to-plain', '', { headers: { 'x-symlink-target': 'c/seg2' } });
    await s3Client(storage, 'alice').send(new CopyObjectCommand({ Bucket: 'c', Key: 'shared', CopySource: 'c/to-plain' }));
    const rows = await storage.database.sql<{ name: string; blob_id: string }>`SELECT name, blob_id FROM object WHERE name IN ('shared', 'seg2') ORDER BY name`;
    expect(rows).toHaveLength(2);
    expect(rows[0]?.blob_id).toBe(rows[1]?.blob_id);
  });

  it.each(['slo', 'dlo', 'link'])('%s gives its bytes, and ranges of them, to parts of an upload', async (key) => {
    const s3 = s3Client(storage, 'alice');
    const Key = `joined-${key}`;
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'c', Key }));
    const copied = async (PartNumber: number, CopySourceRange?: string): Promise<{ PartNumber: number; ETag: string }> => {
      const { CopyPartResult } = await s3.send(new UploadPartCopyCommand({ Bucket: 'c', Key, UploadId, PartNumber, CopySource: `c/${key}`, ...(CopySourceRange !== undefined && { CopySourceRange }) }));
      return { PartNumber, ETag: CopyPartResult?.ETag ?? '' };
    };
    const whole = await copied(1);
    expect(whole.ETag).toBe(`"${md5('first second')}"`);
    const range = await copied(2, 'bytes=4-7');
    expect(range.ETag).toBe(`"${md5('t se')}"`);
    await expect(copied(3, 'bytes=4-12')).rejects.toMatchObject({ name: 'InvalidRange' });
    await s3.send(new CompleteMultipartUploadCommand({ Bucket: 'c', Key, UploadId, MultipartUpload: { Parts: [range] } }));
    expect(await read(Key)).toBe('t se');
  });

  it('lends nobody the right to read its parts', async () => {
    const alice = s3Client(storage, 'alice');
    await alice.send(new CreateBucketCommand({ Bucket: 'open' }));
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::open/*' }] });
    await alice.send(new PutBucketPolicyCommand({ Bucket: 'open', Policy }));
    await swift.put('open/plain', 'for all');
    await swift.put('open/slo?multipart-manifest=put', JSON.stringify([{ path: '/c/seg2' }]));
    await swift.put('open/dlo', '', { headers: { 'x-object-manifest': 'c/seg' } });
    const bob = s3Client(storage, 'bob');
    await bob.send(new CreateBucketCommand({ Bucket: 'bobs' }));
    await bob.send(new CopyObjectCommand({ Bucket: 'bobs', Key: 'given', CopySource: 'open/plain' }));
    for (const key of ['slo', 'dlo']) {
      await expect(bob.send(new CopyObjectCommand({ Bucket: 'bobs', Key: 'stolen', CopySource: `open/${key}` }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    }
  });

  it('is missing or refused where its parts are', async () => {
    await swift.put('c/broken?multipart-manifest=put', JSON.stringify([{ path: '/c/seg1' }]));
    await swift.put('c/seg1', 'changed');
    await expect(read('broken')).rejects.toMatchObject({ name: 'OperationAborted' });
    await swift.put('c/dangling', '', { headers: { 'x-symlink-target': 'c/none' } });
    const copy = (key: string): Promise<unknown> => s3Client(storage, 'alice').send(new CopyObjectCommand({ Bucket: 'c', Key: 'never', CopySource: `c/${key}` }));
    await expect(copy('broken')).rejects.toMatchObject({ name: 'OperationAborted' });
    await expect(copy('dangling')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect((await swift.head('c/never')).status).toBe(404);
    await expect(read('dangling')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
