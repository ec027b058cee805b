import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { causeChain } from '@virga/kernel';
import { silentLogger, type LogFields } from '@virga/observability';
import { swiftAccount } from './swift/testing/index.js';
import { s3Client, useObjectStorage } from './testing/index.js';

describe('failures of ours that only the body of an answer tells of', () => {
  const logged: { event: string; fields: LogFields | undefined }[] = [];
  const storage = useObjectStorage({ logger: { ...silentLogger, error: (event, fields) => void logged.push({ event, fields }) } });
  const swift = swiftAccount(storage);

  /** While the statements that change objects fail. */
  async function whileBroken<Value>(work: () => Promise<Value>): Promise<Value> {
    await storage.database.sql`ALTER TABLE object RENAME TO elsewhere`;
    try {
      return await work();
    } finally {
      await storage.database.sql`ALTER TABLE elsewhere RENAME TO object`;
    }
  }

  beforeAll(async () => {
    await swift.put('c');
    await swift.put('c/o', 'bytes');
  });
  beforeEach(() => logged.splice(0));

  it.each([
    ['a bulk deletion', () => swift.send('POST', '?bulk-delete', { headers: { accept: 'application/json' }, body: 'c/o' })],
    ['a manifest with heartbeats', () => swift.put('c/slo?multipart-manifest=put&heartbeat=on', JSON.stringify([{ path: '/c/o' }]), { headers: { accept: 'application/json' } })],
  ])('are logged with their cause: %s', async (_, ask) => {
    const answer = await whileBroken(ask);
    expect(JSON.parse(answer.text)).toMatchObject({ 'Response Status': '500 Internal Error' });
    expect(answer.text).not.toContain('relation');
    expect(logged.map(({ event }) => event)).toEqual(['part of a request failed']);
    expect(causeChain(logged[0]?.fields?.['error']).join()).toContain('relation "object"');
  });

  it('are logged with their cause: a deletion of many through S3', async () => {
    const answer = await whileBroken(() => s3Client(storage, 'alice').send(new DeleteObjectsCommand({ Bucket: 'c', Delete: { Objects: [{ Key: 'o' }] } })));
    expect(answer.Errors).toMatchObject([{ Key: 'o', Code: 'InternalError' }]);
    expect(logged.map(({ event }) => event)).toEqual(['part of a request failed']);
  });

  it('are not: refusals', async () => {
    const answer = await swift.send('POST', '?bulk-delete', { headers: { accept: 'application/json' }, body: 'c/%00\nnone/o' });
    expect(JSON.parse(answer.text)).toMatchObject({ 'Number Not Found': 1, 'Response Status': '400 Bad Request' });
    expect(logged).toEqual([]);
  });
});
