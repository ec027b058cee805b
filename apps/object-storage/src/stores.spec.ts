import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@virga/observability';
import { systemClock } from '@virga/kernel';
import { openStores } from './stores.js';

describe('the stores of the configuration', () => {
  const policy = (store: string) => ({ name: 'Policy-0', isDefault: true, store });
  const logger = createLogger('test', 'error');
  let directory: string;
  let bucket: Parameters<typeof openStores>[0]['buckets'][number];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virga-stores-'));
    await writeFile(join(directory, 'secret'), 'not told\n');
    bucket = { id: 'ceph', endpoint: 'http://127.0.0.1:1', region: 'default', bucket: 'virga', prefix: '', accessKeyId: 'virga', secretAccessKeyFile: join(directory, 'secret') };
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));
  const open = (more: Partial<Parameters<typeof openStores>[0]>) => openStores({ storageDirectory: directory, buckets: [], policies: [policy('local')], ...more }, systemClock, logger);

  it('are the local one and each bucket, also while its gateway is away', async () => {
    const { stores, close } = await open({ buckets: [bucket], policies: [policy('ceph')] });
    expect(stores.map(({ id }) => id)).toEqual(['local', 'ceph']);
    await close();
  });

  it.each([
    ['a policy names none of them', () => ({ policies: [policy('ceph')] }), 'Policy-0 wants the store ceph; there are: local'],
    ['two have one name', () => ({ buckets: [bucket, bucket] }), 'two stores called ceph'],
    ['one is called like the local one', () => ({ buckets: [{ ...bucket, id: 'local' }] }), 'two stores called local'],
  ])('are refused when %s', async (_name, more, message) => {
    await expect(open(more())).rejects.toThrow(message);
  });
});
