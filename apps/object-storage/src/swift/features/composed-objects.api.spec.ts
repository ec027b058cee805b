import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
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

  it('is missing or refused where its parts are', async () => {
    await swift.put('c/broken?multipart-manifest=put', JSON.stringify([{ path: '/c/seg1' }]));
    await swift.put('c/seg1', 'changed');
    await expect(read('broken')).rejects.toMatchObject({ name: 'OperationAborted' });
    await swift.put('c/dangling', '', { headers: { 'x-symlink-target': 'c/none' } });
    await expect(read('dangling')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});
