import { CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { seconds } from '@virga/kernel';
import { swiftDefaults } from './swift/settings.js';
import { otherAccount, swiftAccount } from './swift/testing/index.js';
import { s3Client, useObjectStorage } from './testing/index.js';

describe('rates', () => {
  const rates = { accountPerSecond: 0.1, containerSteps: [{ objects: 0, perSecond: 0.1 }], maxWaitMs: 0, unlimitedAccounts: [], blockedAccounts: [otherAccount] };
  const storage = useObjectStorage({ swift: { ...swiftDefaults, rates } });
  const swift = swiftAccount(storage);
  const slowDown = { name: 'SlowDown', $metadata: { httpStatusCode: 503 } };
  const Bucket = 'slow';

  it('hold for buckets', async () => {
    const s3 = s3Client(storage, 'alice');
    await s3.send(new CreateBucketCommand({ Bucket }));
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'slower' }))).rejects.toMatchObject(slowDown);
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject(slowDown);
    expect((await swift.put('slower')).status).toBe(498);
  });

  it('hold for objects, by whichever API they are written', async () => {
    const s3 = s3Client(storage, 'alice');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'o', Body: 'first' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    for (const send of [
      () => s3.send(new PutObjectCommand({ Bucket, Key: 'p', Body: 'second' })), () => s3.send(new CopyObjectCommand({ Bucket, Key: 'p', CopySource: `${Bucket}/o` })),
      () => s3.send(new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' })), () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'o' })),
    ]) await expect(send()).rejects.toMatchObject(slowDown);
    expect((await swift.put(`${Bucket}/p`, 'second')).status).toBe(498);
    storage.clock.advance(seconds(10));
    const { Deleted, Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'o' }, { Key: 'p' }] } }));
    expect([Deleted, Errors]).toMatchObject([[{ Key: 'o' }], [{ Key: 'p', Code: 'SlowDown' }]]);
    expect((await swift.get(Bucket)).text).toBe('');
  });

  it('are none for who is blocked', async () => {
    await expect(s3Client(storage, 'bob').send(new CreateBucketCommand({ Bucket: 'blocked' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
