import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, openstack, openstackJson } from './cloud.js';
import { eventually, run } from './shell.js';

const FILES = 5_000;
const directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
const tree = join(directory, 'tree');

/** Files of many sizes, also none at all, with names that need escaping, in a hundred folders. */
function growTree(): void {
  const bytes = randomBytes(64 * 1024);
  for (let count = 0; count < FILES; count++) {
    const folder = join(tree, `folder ${count % 100}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `ä+${count}%.bin`), bytes.subarray(0, (count * 37) % 8_192));
  }
  writeFileSync(join(tree, 'large'), randomBytes(12 * 2 ** 20));
}

/** One digest of every name and every byte below a folder. */
function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    hash.update(name);
    const path = join(folder, name);
    try {
      hash.update(readFileSync(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
    }
  }
  return hash.digest('hex');
}

describe('objects, by stock clients', () => {
  beforeAll(growTree);
  afterAll(() => rmSync(directory, { recursive: true }));

  it('are put, listed, described and got by openstack', async () => {
    writeFileSync(join(directory, 'hello'), 'hello\n');
    await openstack('container create e2e');
    await openstack(`object create --name greetings/hello e2e ${join(directory, 'hello')}`);
    await openstack('object set --property color=blue e2e greetings/hello');
    expect(await openstackJson('object list e2e')).toEqual([{ Name: 'greetings/hello' }]);
    expect(await openstackJson('object show e2e greetings/hello')).toMatchObject({ 'content-length': '6', etag: 'b1946ac92492d2347c6235b4d2611184', properties: { Color: 'blue' } });
    expect(await openstack('object save --file - e2e greetings/hello')).toBe('hello\n');
    expect(await openstackJson('object store account show')).toMatchObject({ Containers: '1', Objects: '1', Bytes: '6' });
  });

  it('are brought from one container to another of a realm, and taken away there too', async () => {
    const swift = (...words: string[]): Promise<string> => run('swift', words, { env: { OS_CLOUD: '', ...credentials() } });
    const account = /Account: (\S+)/.exec(await swift('stat'))?.[1] ?? '';
    writeFileSync(join(directory, 'synced'), 'from one to the other');
    await swift('post', 'target', '--sync-key', 'shared');
    await swift('upload', 'source', join(directory, 'synced'), '--object-name', 'before');
    await swift('post', 'source', '--sync-to', `//e2e/here/${account}/target`, '--sync-key', 'shared');
    await swift('upload', 'source', join(directory, 'synced'), '--object-name', 'after');
    await eventually('both are there', 60, async () => ((await swift('list', 'target')).trim() === 'after\nbefore' ? true : undefined));
    expect(await swift('download', 'target', 'before', '--output', '-')).toBe('from one to the other');
    await swift('delete', 'source', 'before');
    await eventually('one is gone', 60, async () => ((await swift('list', 'target')).trim() === 'after' ? true : undefined));
    await swift('delete', 'source');
    await swift('delete', 'target');
  });

  it('are large objects of segments by swift', async () => {
    const swift = (...words: string[]): Promise<string> => run('swift', words, { env: { OS_CLOUD: '', ...credentials() } });
    await swift('upload', '--use-slo', '--segment-size', String(5 * 2 ** 20), '--object-name', 'large', 'e2e', join(tree, 'large'));
    await swift('download', '--output', join(directory, 'large'), 'e2e', 'large');
    expect(readFileSync(join(directory, 'large')).equals(readFileSync(join(tree, 'large')))).toBe(true);
    expect((await swift('stat', 'e2e', 'large'))).toContain(`Content Length: ${12 * 2 ** 20}`);
    await swift('delete', 'e2e');
  });

  it('come back unchanged when a tree of files was synchronized there, over Swift and over S3', async () => {
    const { access, secret } = await openstackJson<{ access: string; secret: string }>('ec2 credentials create');
    const s3 = (await openstackJson<{ 'Service Type'?: string; Type?: string; Endpoints: { interface: string; url: string }[] }[]>('catalog list'))
      .find(({ Type }) => Type === 's3')?.Endpoints.find((endpoint) => endpoint.interface === 'public')?.url ?? '';
    const { OS_USERNAME = '', OS_PASSWORD = '', OS_AUTH_URL = '', OS_PROJECT_NAME = '' } = credentials();
    const env = {
      RCLONE_CONFIG: join(directory, 'rclone.conf'), AWS_CA_BUNDLE: '',
      RCLONE_CONFIG_SWIFT_TYPE: 'swift', RCLONE_CONFIG_SWIFT_USER: OS_USERNAME, RCLONE_CONFIG_SWIFT_KEY: OS_PASSWORD, RCLONE_CONFIG_SWIFT_AUTH: OS_AUTH_URL,
      RCLONE_CONFIG_SWIFT_TENANT: OS_PROJECT_NAME, RCLONE_CONFIG_SWIFT_DOMAIN: 'Default', RCLONE_CONFIG_SWIFT_TENANT_DOMAIN: 'Default', RCLONE_CONFIG_SWIFT_AUTH_VERSION: '3',
      RCLONE_CONFIG_S3_TYPE: 's3', RCLONE_CONFIG_S3_PROVIDER: 'Other', RCLONE_CONFIG_S3_ACCESS_KEY_ID: access, RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: secret, RCLONE_CONFIG_S3_ENDPOINT: s3,
    };
    const rclone = (...words: string[]): Promise<string> => run('rclone', [...words, '--transfers', '16', '--checkers', '16'], { env, timeoutMs: 300_000 });
    const expected = digest(tree);

    await rclone('sync', tree, 'swift:there');
    await rclone('sync', 's3:there', join(directory, 'back'));
    expect(digest(join(directory, 'back'))).toBe(expected);
    await rclone('check', tree, 's3:there');

    await rclone('sync', tree, 's3:and-back');
    await rclone('sync', 'swift:and-back', join(directory, 'again'));
    expect(digest(join(directory, 'again'))).toBe(expected);
    expect(await openstackJson('container show and-back')).toMatchObject({ object_count: String(FILES + 1) });
    await rclone('purge', 'swift:there');
    await rclone('purge', 's3:and-back');
    await openstack(`ec2 credentials delete ${access}`);
    expect(await openstackJson('container list')).toEqual([{ Name: 'e2e_segments' }]);
  });
});
