import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { CopyObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { demoProject } from '@virga/testing';
import { accountName } from './accounts/index.js';
import type { Container } from './containers/index.js';
import { S3Error } from './s3/s3-error.js';
import { swiftAccount } from './swift/testing/index.js';
import { s3Client, useObjectStorage } from './testing/index.js';
import { Uploads } from './uploads/index.js';

const signal = new AbortController().signal;
/** Too many to lie in a log among others, which is made short here: they are a file of their own. */
const BYTES = randomBytes(200_000);

describe('the bytes of a write that comes to nothing', () => {
  const storage = useObjectStorage({ localStore: { segmentBytes: 64 * 1024, recordBytes: 16 * 1024 } });
  const swift = swiftAccount(storage);
  const files = (): number => readdirSync(storage.storeDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && entry.parentPath.includes('/file')).length;
  const options = { maxBytes: 1e9, signal };
  const container = async (name: string): Promise<Container> => (await storage.containers.find(accountName(demoProject), name))!;
  const refusedBy = (name: string, status: number): object => expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) });

  /** A PUT whose body waits, half sent, until `meanwhile` is done. */
  async function putWhile(path: string, headers: Record<string, string>, meanwhile: () => Promise<unknown>): Promise<number> {
    const body = new ReadableStream({
      async start(sender) {
        sender.enqueue(new Uint8Array(BYTES));
        await meanwhile();
        sender.close();
      },
    });
    return (await storage.request(`/v1/AUTH_${demoProject}/${path}`, { method: 'PUT', as: 'alice', headers, body, duplex: 'half' })).status;
  }

  beforeAll(async () => {
    await swift.put('c');
    await swift.put('c/there', 'is');
    await swift.put('c/part', BYTES);
    expect(files()).toBe(1);
    await swift.put('c/large?multipart-manifest=put', JSON.stringify([{ path: '/c/part' }]));
  });

  let before = 0;
  beforeEach(() => {
    before = files();
  });

  describe('because it is refused', () => {
    afterEach(() => expect(files()).toBe(before));

    it('go with an ETag that is not theirs', async () => {
      expect((await swift.put('c/o', BYTES, { headers: { etag: '0'.repeat(32) } })).status).toBe(422);
    });

    it('go with a quota that shows only at their end', async () => {
      await swift.put('small', '', { headers: { 'x-container-meta-quota-bytes': '1000' } });
      expect(await putWhile('small/o', {}, () => Promise.resolve())).toBe(413);
    });

    it('go with a condition that somebody else fulfilled meanwhile', async () => {
      expect(await putWhile('c/new', { 'if-none-match': '*' }, () => swift.put('c/new', 'first'))).toBe(412);
    });

    it('go with their container', async () => {
      await swift.put('gone');
      expect(await putWhile('gone/o', {}, () => swift.remove('gone'))).toBe(404);
    });

    it('go with a condition of a PUT through S3', async () => {
      await expect(s3Client(storage, 'alice').send(new PutObjectCommand({ Bucket: 'c', Key: 'there', Body: BYTES, IfNoneMatch: '*' }))).rejects.toEqual(refusedBy('PreconditionFailed', 412));
      await expect(s3Client(storage, 'alice').send(new PutObjectCommand({ Bucket: 'c', Key: 'there', Body: BYTES, IfMatch: '0'.repeat(32) }))).rejects.toEqual(refusedBy('PreconditionFailed', 412));
    });

    it('go with a copy that is refused', async () => {
      await expect(s3Client(storage, 'alice').send(new CopyObjectCommand({ Bucket: 'c', Key: 'there', CopySource: 'c/large', IfNoneMatch: '*' }))).rejects.toEqual(refusedBy('PreconditionFailed', 412));
    });

    it('go with an upload that was aborted while a part of it came', async () => {
      const [uploads, bucket] = [storage.app.get(Uploads), await container('c')];
      const upload = await uploads.create(bucket, { name: 'parts', contentType: 'text/plain', metadata: {}, settings: { object: {} } });
      await expect(storage.objects.withStaged(bucket, BYTES, options, async (staged) => {
        await uploads.abort(upload);
        return uploads.putPart(upload, 1, staged, undefined);
      })).rejects.toMatchObject({ code: 'object-storage.upload.not-found' });
    });
  });

  it('stay where they were committed, whatever is refused after it', async () => {
    const bucket = await container('c');
    await expect(storage.objects.withStaged(bucket, BYTES, options, async (staged) => {
      await storage.objects.commit(bucket, { name: 'kept', staged, contentType: 'text/plain', metadata: {} });
      throw new S3Error('InvalidRequest');
    })).rejects.toThrow(S3Error);
    expect(files()).toBe(before + 1);
    expect((await swift.get('c/kept')).text).toHaveLength(BYTES.toString().length);
  });

  it('stay where the connection was lost: the commit may have happened', async () => {
    const { id } = await container('c');
    const answer = await storage.database.transaction(async (tx) => {
      await tx.sql`SELECT FROM container WHERE id = ${id} FOR UPDATE`;
      const put = swift.put('c/perhaps', BYTES);
      await ended(() => storage.database.sql<{ ended: boolean }>`
        SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);
      return put;
    });
    expect(answer.status).toBe(503);
    expect(files()).toBe(before + 1);
  });
});

/** Asks until something was ended. */
async function ended(end: () => Promise<unknown[]>): Promise<void> {
  while ((await end()).length === 0) await setImmediate();
}
