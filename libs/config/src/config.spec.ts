import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, parseConfig, withoutSecrets } from './index.js';

const image = {
  stateDirectory: '/var/lib/virga',
  database: { url: 'postgres://virga:pa%40ss@127.0.0.1:5433/virga' },
  broker: { url: 'amqp://virga:hidden@127.0.0.1:5673/' },
  masterKeyFile: '/var/lib/virga/secrets/master-key',
  serviceCredentials: { userName: 'glance', password: 'hidden', projectName: 'service' },
  image: { storeDirectory: '/var/lib/virga/images' },
};
const parse = (settings: unknown) => parseConfig('image', JSON.stringify(settings), 'image.json');

describe('the configuration of an app', () => {
  it('is completed with defaults', () => {
    expect(parse(image)).toMatchObject({ region: 'RegionOne', publicHost: '127.0.0.1', bindAddress: '127.0.0.1', logLevel: 'info', ports: { identity: 5000, image: 9292 } });
  });

  it('takes pools of Ceph clusters beside directories as places for volumes', () => {
    const agent = {
      host: 'node-1', tasksDirectory: '/t', backupDirectory: '/b', imageUrl: 'http://127.0.0.1:9292', blockStorageUrl: 'http://127.0.0.1:8776', storageKeyFile: '/k',
      volumeCredentialsSecretFile: '/s',
      backends: [{ name: 'file', directory: '/v', runDirectory: '/r' }, { name: 'ssd', kind: 'rbd', directory: '/w', runDirectory: '/q', ceph: { confFile: '/etc/ceph/ceph.conf', pool: 'volumes' } }],
    };
    const parsed = parseConfig('storage-agent', JSON.stringify({ broker: image.broker, agent }), 'agent.json');

    expect(parsed.agent.backends.map(({ kind, ceph }) => [kind, ceph?.user])).toEqual([['file', undefined], ['rbd', 'virga']]);
  });

  it('names the file and the key that is missing', () => {
    const rest = Object.fromEntries(Object.entries(image).filter(([key]) => key !== 'database'));
    expect(() => parse(rest)).toThrow("Configuration image.json: the top level lacks 'database'");
  });

  it('names a key that nobody reads', () => {
    expect(() => parse({ ...image, image: { storeDirectory: '/x', storeDir: '/y' } })).toThrow("image has the unknown key 'storeDir'");
  });

  it('says what it expects instead', () => {
    expect(() => parse({ ...image, masterKeyFile: 'secrets/key' })).toThrow('masterKeyFile must be an absolute path');
    expect(() => parse({ ...image, ports: { image: 92920 } })).toThrow('ports.image must be <= 65535');
    expect(() => parse({ ...image, logLevel: 'loud' })).toThrow('logLevel must be one of ["debug","info","warn","error"]');
  });

  it('does not repeat a broken file, which may hold a password', () => {
    expect(() => parseConfig('image', '{"password": "hidden" oops', 'image.json')).toThrow(/^Configuration image.json: it is not valid JSON$/);
  });

  it('gives an agent no place for a database password', () => {
    expect(() => parseConfig('compute-agent', JSON.stringify({ broker: image.broker, database: image.database }), 'agent.json'))
      .toThrow("the top level has the unknown key 'database'");
  });

  it('comes from the file that VIRGA_CONFIG names', () => {
    const directory = mkdtempSync(join(tmpdir(), 'virga-config-'));
    const before = process.env['VIRGA_CONFIG'];
    try {
      const file = join(directory, 'image.json');
      writeFileSync(file, JSON.stringify(image));
      process.env['VIRGA_CONFIG'] = file;
      expect(loadConfig('image').image.storeDirectory).toBe('/var/lib/virga/images');
      process.env['VIRGA_CONFIG'] = join(directory, 'absent.json');
      expect(() => loadConfig('image')).toThrow('absent.json: the file cannot be read');
    } finally {
      if (before === undefined) delete process.env['VIRGA_CONFIG'];
      else process.env['VIRGA_CONFIG'] = before;
      rmSync(directory, { recursive: true });
    }
  });

  it('can be printed without its secrets', () => {
    const printed = withoutSecrets(parse(image));
    expect(JSON.stringify(printed)).not.toMatch(/hidden|pa%40ss/);
    expect(printed).toMatchObject({
      database: { url: 'postgres://virga:***@127.0.0.1:5433/virga' },
      serviceCredentials: { userName: 'glance', password: '***' },
      masterKeyFile: '/var/lib/virga/secrets/master-key',
    });
  });
});
