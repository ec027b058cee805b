import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { CreateBucketCommand, CreateMultipartUploadCommand, ListMultipartUploadsCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { causeChain, mapLimit, systemClock } from '@virga/kernel';
import { personaKey, useObjectStorage } from '../../../../apps/object-storage/src/testing/index.js';
import { bytesOf, objectStoreConformance, streamOf } from '../../objects-local/src/object-store.conformance.js';
import { S3ObjectStore, type S3StoreOptions } from './index.js';

const signal = (): AbortSignal => new AbortController().signal;
const options = { maxBytes: 100_000_000 };

describe('a bucket of our own S3', () => {
  const service = useObjectStorage({ clock: systemClock }); // Signatures tell the time.
  const key = personaKey('alice');
  const settings = (more: Partial<S3StoreOptions> = {}): S3StoreOptions => ({
    id: 'rgw', endpoint: service.url, region: 'RegionOne', bucket: 'bytes', prefix: '', ...key, ...more,
  });
  const stores: S3ObjectStore[] = [];
  let client: S3Client;
  const open = async (more: Partial<S3StoreOptions> = {}): Promise<S3ObjectStore> => {
    const store = new S3ObjectStore(settings(more));
    stores.push(store);
    await store.requireUsable(signal());
    return store;
  };
  const locations = async (store: S3ObjectStore): Promise<string[]> => {
    const found: string[] = [];
    for await (const { location } of store.list(signal())) found.push(location);
    return found;
  };
  beforeAll(async () => {
    client = new S3Client({ endpoint: service.url, region: 'RegionOne', forcePathStyle: true, credentials: key });
    await client.send(new CreateBucketCommand({ Bucket: 'bytes' }));
  });
  afterAll(() => [client, ...stores].forEach((open) => ('destroy' in open ? open.destroy() : open.close())));

  objectStoreConformance('a bucket', () => open({ prefix: `${randomUUID()}/` }));

  it('takes what is larger than a part', async () => {
    const store = await open({ prefix: 'large/' });
    const bytes = randomBytes(20_000_000);
    const kept = await store.write(streamOf(bytes), options, signal());
    expect((await bytesOf(await store.read(kept.location, undefined, signal()))).equals(bytes)).toBe(true);
    expect((await bytesOf(await store.read(kept.location, { first: 8_388_600, last: 8_400_000 }, signal()))).equals(bytes.subarray(8_388_600, 8_400_001))).toBe(true);
    expect(await store.verify(kept.location, kept.crc32, signal())).toBe('intact');
  });

  it('leaves no parts behind when a large source fails or its reader goes away', async () => {
    const store = await open({ prefix: 'failing/' });
    const gone = new AbortController();
    const ending = (end: () => void): Readable => Readable.from((async function* () {
      for (let count = 0; count < 200; count += 1) yield randomBytes(100_000);
      end();
      yield randomBytes(100_000);
    })());
    await expect(store.write(ending(() => { throw new Error('source broke'); }), options, signal())).rejects.toThrow('source broke');
    await expect(store.write(ending(() => gone.abort(new Error('the client went away'))), options, gone.signal)).rejects.toThrow('the client went away');
    await expect(store.write(ending(() => undefined), { maxBytes: 20_000_000 }, signal())).rejects.toThrow('larger than 20000000 bytes');
    expect(await locations(store)).toEqual([]);
  });

  it('finds uploads that a dead process left, and nothing that is not its own', async () => {
    const store = await open({ prefix: 'left/' });
    const kept = await store.write(randomBytes(10), options, signal());
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'bytes', Key: `left/${randomUUID()}` }));
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'bytes', Key: 'left/not ours' }));
    await client.send(new PutObjectCommand({ Bucket: 'bytes', Key: 'left/neither', Body: 'x' }));
    const found = await locations(store);
    expect(found).toEqual([kept.location, expect.stringMatching(/^incoming\//)]);
    await expect(store.read(found[1] ?? '', undefined, signal())).rejects.toThrow('there are no such bytes');
    await store.remove(found[1] ?? '', signal());
    await store.remove(found[1] ?? '', signal());
    expect(await locations(store)).toEqual([kept.location]);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'bytes', Prefix: 'left/' }));
    expect(Uploads.map(({ Key }) => Key)).toEqual(['left/not ours']);
  });

  it('lists more than one page', async () => {
    const store = await open({ prefix: 'many/' });
    const names = await mapLimit(Array.from({ length: 1_050 }), 16, async () => (await store.write(Buffer.alloc(0), options, signal())).location);
    expect((await locations(store)).sort()).toEqual(names.sort());
  }, 60_000);

  it('refuses a bucket that keeps versions', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'versioned' }));
    await client.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }));
    await expect(open({ bucket: 'versioned' })).rejects.toThrow('keeps versions');
    await expect(locations(new S3ObjectStore(settings({ bucket: 'versioned' })))).rejects.toThrow('keeps versions');
  });

  it.each<[string, Partial<S3StoreOptions>]>([
    ['a wrong secret', { secretAccessKey: 'not the secret' }], ['a key that nobody has', { accessKeyId: 'nobody' }], ['no bucket', { bucket: 'nowhere' }],
  ])('is unavailable with %s, and says no secret', async (_name, more) => {
    const error: unknown = await open(more).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(causeChain(error)[1]).toMatch(/the gateway answered \w+ \(40[34], request/);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(more.secretAccessKey ?? key.secretAccessKey);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/signature=/i);
  });

  it('shows its secret to nobody who prints it', async () => {
    const store = await open();
    expect(inspect(store, { depth: 20, showHidden: true }) + JSON.stringify(store)).not.toContain(key.secretAccessKey);
  });
});

describe('a gateway that is away', () => {
  it('is unavailable', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const store = new S3ObjectStore({ id: 'rgw', endpoint: `http://127.0.0.1:${port}`, region: 'x', bucket: 'x', prefix: '', accessKeyId: 'x', secretAccessKey: 'y' });
    await expect(store.requireUsable(signal())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.write(randomBytes(10), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.write(streamOf(randomBytes(10_000_000)), options, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(store.read(`object/${randomUUID()}`, undefined, signal())).rejects.toMatchObject({ kind: 'unavailable' });
    store.close();
  });
});
