import { Readable } from 'node:stream';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Client, useObjectStorage } from '../testing/index.js';

/** More than goes into the buffers on the way, less than the service listens to in vain. */
const BYTES = 8 * 1024 * 1024;

describe('a body that is refused in the middle', () => {
  const storage = useObjectStorage();

  it('is answered with the reason, on a connection that goes on', async () => {
    const s3 = s3Client(storage, 'alice');
    await s3.send(new CreateBucketCommand({ Bucket: 'refused' }));
    const put = new PutObjectCommand({ Bucket: 'refused', Key: 'o', Body: Readable.from([Buffer.alloc(BYTES)]), ContentLength: BYTES });
    // Signed as chunks, sent as something else.
    put.middlewareStack.add((next) => (sent) => next({ ...sent, request: Object.assign(sent.request as object, { body: Readable.from(garbage()) }) }), { step: 'finalizeRequest', priority: 'low' });
    await expect(s3.send(put)).rejects.toMatchObject({ name: 'IncompleteBody', $metadata: { httpStatusCode: 400 } });
    await expect(s3.send(new HeadObjectCommand({ Bucket: 'refused', Key: 'o' }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  });
});

function* garbage(): Generator<Buffer> {
  for (let left = BYTES; left > 0; left -= 64 * 1024) yield Buffer.alloc(64 * 1024, 'z');
}
