import { gzipSync } from 'node:zlib';
import { guestMetadata } from '@virga/contracts-compute';
import { HttpServers } from '@virga/http';
import { countStatements } from '@virga/persistence';
import { apiClient, demoProject, type ApiAnswer } from '@virga/testing';
import { fc, runs } from '@virga/testing/fast-check';
import { IMAGE, METADATA_SECRET, useSharedComputeWorld } from '../testing/index.js';

interface Nic {
  network: string;
  ip: string;
}

describe('the metadata service', () => {
  const world = useSharedComputeWorld();
  const request = apiClient(() => world().running.app.get(HttpServers).server('metadata'));
  const script = '#!/bin/sh\necho hello\n';
  let server: string;
  let nic: Nic;

  async function nicOf(id: string): Promise<Nic> {
    const [row] = await world().database.sql<Nic>`
      SELECT facts ->> 'networkId' AS network, facts -> 'fixedIps' -> 0 ->> 'ip' AS ip FROM server_nic WHERE server_id = ${id} AND NOT is_gone`;
    return row as Nic;
  }

  beforeAll(async () => {
    await world().request({ as: 'alice', method: 'POST', url: '/v2.1/os-keypairs', body: { keypair: { name: 'laptop', public_key: KEY } } });
    server = await world().activeServer({ name: 'web-1', key_name: 'laptop', metadata: { role: 'web' }, user_data: Buffer.from(script).toString('base64') });
    nic = await nicOf(server);
  });

  const headers = ({ network, ip }: Nic, { host = 'node-1', key = guestMetadata.hostMetadataKey(METADATA_SECRET, host) } = {}): Record<string, string> => ({
    'x-virga-network-id': network, 'x-forwarded-for': ip, 'x-virga-host': host,
    'x-virga-signature': guestMetadata.guestRequestSignature(key, { host, networkId: network, address: ip }),
  });
  const get = (url: string, asking: Nic = nic): Promise<ApiAnswer> => request({ method: 'GET', url, headers: headers(asking) });
  const json = async (name: string, version = 'latest'): Promise<Record<string, unknown>> => (await get(`/openstack/${version}/${name}`)).body as Record<string, unknown>;

  it('tells a guest who it is, in OpenStack\'s form', async () => {
    expect(await json('meta_data.json')).toMatchObject({
      uuid: server, name: 'web-1', hostname: 'web-1', meta: { role: 'web' }, project_id: demoProject, launch_index: 0, availability_zone: 'nova',
      public_keys: { laptop: KEY }, keys: [{ name: 'laptop', type: 'ssh', data: KEY }], devices: [], random_seed: expect.any(String) as string,
    });
    expect(await json('meta_data.json', '2012-08-10')).not.toHaveProperty('random_seed');
    expect((await get('/openstack')).body).toMatch(/^2012-08-10\n.*\nlatest$/s);
    expect((await get('/openstack/latest/')).body).toBe('meta_data.json\nuser_data\npassword\nvendor_data.json\nnetwork_data.json\nvendor_data2.json');
    expect((await get('/openstack/latest/user_data')).body).toBe(script);
    expect(await json('vendor_data.json')).toEqual({});
  });

  it('tells of volumes that have a tag, while they are the server\'s', async () => {
    const volumes = [1, 2].map(() => world().cloud.storage.addVolume({ projectId: demoProject }));
    const [tagged, plain] = volumes.map(({ id }) => id);
    for (const [volumeId, tag] of [[tagged, 'data'], [plain, undefined]]) {
      const body = { volumeAttachment: { volumeId, ...(tag !== undefined && { tag }) } };
      await world().request({ as: 'alice', method: 'POST', url: `/v2.1/servers/${server}/os-volume_attachments`, headers: { 'openstack-api-version': 'compute 2.49' }, body });
      await world().settled();
    }
    expect(await json('meta_data.json')).toMatchObject({ devices: [{ type: 'disk', serial: tagged, path: '/dev/vdb', tags: ['data'], bus: 'pci', address: '0000:00:04.0' }] });
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${server}/os-volume_attachments/${tagged}` });
    await world().settled();
    expect(await json('meta_data.json')).toMatchObject({ devices: [] });
  });

  it('tells of interfaces and disks of its own that were tagged at its creation', async () => {
    const other = await world().activeServer({
      networks: [{ uuid: nic.network, tag: 'uplink' }],
      block_device_mapping_v2: [{ source_type: 'image', destination_type: 'local', uuid: IMAGE, boot_index: 0, tag: 'system' }],
    });
    const { body } = await get('/openstack/latest/meta_data.json', await nicOf(other));
    expect(body).toMatchObject({ devices: [
      { type: 'nic', bus: 'pci', address: '0000:00:04.0', mac: expect.any(String) as string, tags: ['uplink'] },
      { type: 'disk', bus: 'pci', address: '0000:00:03.0', path: '/dev/vda', tags: ['system'] },
    ] });
    expect((await get('/openstack/2016-06-30/meta_data.json', await nicOf(other))).body).toHaveProperty('devices');
    expect((await get('/openstack/2015-10-15/meta_data.json', await nicOf(other))).body).not.toHaveProperty('devices');
  });

  it('tells of its interfaces', async () => {
    const { links, networks } = await json('network_data.json') as { links: Record<string, unknown>[]; networks: Record<string, unknown>[] };
    expect(links).toMatchObject([{ ethernet_mac_address: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) as string, mtu: expect.any(Number) as number }]);
    expect(networks[0]).toMatchObject({ id: 'network0', link: links[0]?.['id'], network_id: nic.network });
  });

  it('tells the same in EC2\'s form', async () => {
    expect((await get('/')).body).toMatch(/^1\.0\n.*\nlatest$/s);
    expect((await get('/latest')).body).toBe('meta-data/\nuser-data');
    const names = (await get('/latest/meta-data/')).body as string;
    expect(names.split('\n')).toEqual(expect.arrayContaining(['instance-id', 'hostname', 'local-ipv4', 'public-keys/', 'placement/', 'block-device-mapping/']));
    expect((await get('/latest/meta-data/instance-id')).body).toBe(`i-${server.slice(0, 8)}`);
    expect((await get('/latest/meta-data/local-ipv4')).body).toBe(nic.ip);
    expect((await get('/latest/meta-data/hostname')).body).toBe('web-1');
    expect((await get('/latest/meta-data/public-keys/')).body).toBe('0=laptop');
    expect((await get('/2009-04-04/meta-data/public-keys/0/openssh-key')).body).toBe(KEY);
    expect((await get('/latest/meta-data/placement/availability-zone')).body).toBe('nova');
    expect((await get('/latest/user-data')).body).toBe(script);
    expect((await get('/1.0/meta-data/placement')).status).toBe(404);
    for (const path of ['/latest/meta-data/nothing', '/openstack/1999-01-01', '/latest/meta-data/hostname/more', '/latest/constructor']) expect((await get(path)).status).toBe(404);
  });

  it('gives user data as the bytes that they are', async () => {
    const bytes = gzipSync(script);
    const other = await world().activeServer({ user_data: bytes.toString('base64') });
    const answer = await world().running.app.get(HttpServers).server('metadata').inject({ method: 'GET', url: '/openstack/latest/user_data', headers: headers(await nicOf(other)) });
    expect(answer.rawPayload.equals(bytes)).toBe(true);
  });

  it('believes only hosts, and only about addresses that servers have', async () => {
    const path = '/latest/meta-data/instance-id';
    expect((await request({ method: 'GET', url: path, headers: headers(nic, { key: 'guessed' }) })).status).toBe(403);
    expect((await request({ method: 'GET', url: path })).status).toBe(403);
    expect((await request({ method: 'GET', url: path, headers: { ...headers(nic), 'x-forwarded-for': '10.9.9.9' } })).status).toBe(403);
    expect((await get(path, { ...nic, ip: '203.0.113.9' })).status).toBe(404);
    expect((await get(path, { ...nic, network: '00000000-0000-4000-8000-000000000000' })).status).toBe(404);
    expect((await get(path, { ...nic, ip: 'nonsense' })).status).toBe(403);
    expect((await request({ method: 'GET', url: '/healthcheck' })).status).toBe(200);
  });

  it('tells a host about its own guests only, and believes no host that signs in the name of another', async () => {
    const path = '/latest/meta-data/instance-id';
    const ask = async (as: Parameters<typeof headers>[1]) => (await request({ method: 'GET', url: path, headers: headers(nic, as) })).status;
    expect(await ask({ host: 'node-1' })).toBe(200);
    expect(await ask({ host: 'node-2' })).toBe(404);
    expect(await ask({ host: 'node-1', key: guestMetadata.hostMetadataKey(METADATA_SECRET, 'node-2') })).toBe(403);
    expect(await ask({ host: 'node-1', key: METADATA_SECRET })).toBe(403);
  });

  it('asks the database once for each request', async () => {
    expect((await countStatements(world().database, () => get('/openstack/latest/meta_data.json'))).count).toBe(1);
  });

  it('keeps the password that a guest tells, once, for its owner', async () => {
    const tell = (body: string, path = '/openstack/latest/password') => request({ method: 'POST', url: path, body, headers: { ...headers(nic), 'content-type': 'text/plain' } });
    expect((await get('/openstack/latest/password')).body ?? '').toBe('');
    expect((await tell('x'.repeat(2000))).status).toBe(400);
    expect((await tell('secret', '/openstack/latest/meta_data.json')).status).toBe(404);
    expect((await tell('ZW5jcnlwdGVk')).status).toBe(200);
    expect((await tell('again')).status).toBe(409);
    const password = (method: string, as = 'alice') => world().request({ as, method, url: `/v2.1/servers/${server}/os-server-password` });
    expect((await password('GET')).body).toEqual({ password: 'ZW5jcnlwdGVk' });
    expect((await password('GET', 'bob')).status).toBe(404);
    expect((await password('DELETE')).status).toBe(204);
    expect((await password('GET')).body).toEqual({ password: '' });
  });

  it('answers whatever a guest asks', async () => {
    const words = ['openstack', 'ec2', 'latest', '1.0', 'meta-data', 'user-data', 'public-keys', 'content', 'password', '0', '..', '%2e%2e', '%00', '__proto__', 'ü', ''];
    const path = fc.array(fc.oneof(fc.constantFrom(...words), fc.webSegment()), { maxLength: 6 }).map((steps) => `/${steps.join('/')}`);
    await fc.assert(fc.asyncProperty(path, fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'), async (url, method) => {
      expect((await request({ method, url, headers: headers(nic) })).status).toBeLessThan(500);
    }), { numRuns: runs(150) });
  });

  it('forgets a guest that is deleted', async () => {
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${server}` });
    await world().settled();
    expect((await get('/latest/meta-data/instance-id')).status).toBe(404);
  });
});

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMxRQQRrcWzxPHYVv8h4gNFcWmCUqzTjPQ6n0Zb0yK3j alice@laptop';
