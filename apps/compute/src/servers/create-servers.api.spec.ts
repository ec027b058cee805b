import { seconds } from '@virga/kernel';
import type { ApiAnswer } from '@virga/testing';
import { aBootImage, FLAVOR, IMAGE, useComputeWorld } from '../testing/index.js';

describe('creating servers', () => {
  const world = useComputeWorld();
  const create = (server: Record<string, unknown>, more: { as?: string; version?: string; hints?: object } = {}): Promise<ApiAnswer> => world().request({
    as: more.as ?? 'alice', method: 'POST', url: '/v2.1/servers', headers: { 'openstack-api-version': `compute ${more.version ?? '2.93'}` },
    body: { server: { name: 'web', flavorRef: FLAVOR, imageRef: IMAGE, networks: 'auto', ...server }, ...(more.hints && { 'os:scheduler_hints': more.hints }) },
  });
  const message = ({ body }: ApiAnswer): string => Object.values(body as Record<string, { message: string }>)[0]?.message ?? '';

  it('answers 202 with id, links, a password and where to look', async () => {
    const answer = await create({});
    const { server } = answer.body as { server: { id: string; adminPass: string; links: { href: string }[] } };
    expect(answer).toMatchObject({ status: 202, body: { server: { 'OS-DCF:diskConfig': 'MANUAL', security_groups: [{ name: 'default' }] } } });
    expect(server.adminPass).toMatch(/^[A-Za-z0-9]{12}$/);
    expect(server.links.map(({ href }) => new URL(href).pathname)).toEqual([`/v2.1/servers/${server.id}`, `/servers/${server.id}`]);
    expect(answer.headers['location']).toBe(server.links[0]?.href);
  });

  it.each([
    ['a flavor', { flavorRef: 'gigantic' }, 'Flavor gigantic could not be found.'],
    ['an image', { imageRef: '99999999-9999-4999-8999-999999999999' }, 'Can not find requested image'],
    ['a key pair', { key_name: 'nobody' }, 'Invalid key_name provided.'],
    ['a zone', { availability_zone: 'mars' }, 'The requested availability zone is not available'],
    ['a network', { networks: [{ uuid: '99999999-9999-4999-8999-999999999999' }] }, 'could not be found'],
    ['a security group', { security_groups: [{ name: 'nope' }] }, 'Security group nope not found'],
    ['user data that is not base64', { user_data: 'a===' }, 'base64'],
    ['an empty request for networks', { networks: [{}] }, 'Bad network format'],
    ['a volume', { imageRef: '', block_device_mapping_v2: [{ source_type: 'volume', uuid: '99999999-9999-4999-8999-999999999999', boot_index: 0, destination_type: 'volume' }] }, 'failed to get volume 99999999-9999-4999-8999-999999999999'],
    ['nothing to boot from', { imageRef: '' }, 'no image to boot from'],
    ['more at least than at most', { min_count: 3, max_count: 2 }, 'min_count must be <= max_count'],
  ])('refuses %s that does not work, saying so', async (_, server, words) => {
    const answer = await create(server);
    expect(answer.status).toBe(400);
    expect(message(answer)).toContain(words);
    expect(await world().count('server')).toBe(0);
  });

  it('refuses an image that is larger than the flavor\'s disk', async () => {
    world().cloud.images.set(IMAGE, aBootImage(IMAGE, { minDiskGibibytes: 5 }));
    expect(message(await create({}))).toContain('Flavor\'s disk (1 GiB) is too small for the image, which needs 5 GiB.');
  });

  it('boots from an image that is named as a block device as well, as clients do', async () => {
    const answer = await create({ block_device_mapping_v2: [{ source_type: 'image', uuid: IMAGE, boot_index: 0, destination_type: 'local', delete_on_termination: true }] });
    expect(answer.status).toBe(202);
    await world().settled();
    expect(world().cloud.guests()).toHaveLength(1);
  });

  it('makes as many as the quota allows between the least and the most wanted', async () => {
    expect((await create({ min_count: 2, max_count: 50, name: 'many' })).status).toBe(202);
    await world().settled();
    const { servers } = (await world().request({ as: 'alice', method: 'GET', url: '/v2.1/servers' })).body as { servers: { name: string }[] };
    expect(servers.map(({ name }) => name).sort()).toEqual(Array.from({ length: 10 }, (_, index) => `many-${index + 1}`).sort());
    const refused = await create({});
    expect(refused).toMatchObject({ status: 403, body: { forbidden: { code: 403 } } });
    expect(message(refused)).toContain('instances (1 requested, 10 of 10 used)');
  });

  it('answers with a reservation where that was asked for', async () => {
    const answer = await create({ return_reservation_id: true, max_count: 2, min_count: 1 });
    const { reservation_id: reservation } = answer.body as { reservation_id: string };
    expect(reservation).toMatch(/^r-[a-z0-9]{8}$/);
    const listed = await world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers?reservation_id=${reservation}` });
    expect((listed.body as { servers: unknown[] }).servers).toHaveLength(2);
  });

  it('says why no host takes it: classes to its owner, hosts to the operator', async () => {
    await world().addFlavor('huge', { vcpus: 1, memoryMebibytes: 8_000_000, rootGibibytes: 1 });
    await world().unlimited();
    const id = await world().activeServer({ flavorRef: 'huge' });
    expect(await world().server(id)).toMatchObject({
      status: 'ERROR', fault: { code: 500, message: 'No valid host was found. Of 1 host: 1 without room for 8000000 MiB of memory.' }, 'OS-EXT-SRV-ATTR:host': null,
    });
    const explain = (as: string) => world().request({ as, method: 'GET', url: `/v2.1/x/servers/${id}/placement-explanation` });
    expect((await explain('alice')).body).toEqual({ explanation: expect.not.objectContaining({ hosts: expect.anything() }) });
    expect((await explain('alice')).body).toMatchObject({ explanation: { outcome: 'no-valid-host', reasons: [{ reason: 'capacity', hosts: 1 }] } });
    expect((await explain('admin')).body).toMatchObject({
      explanation: { hosts: [{ name: 'node-1', outcome: 'rejected', reason: 'capacity', needed: { MEMORY_MB: 8_000_000 }, available: { MEMORY_MB: 4_193_792 } }] },
    });
    expect((await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${id}` })).status).toBe(204);
    await world().settled();
    expect(await world().status(id)).toBe('DELETED');
  });

  it('passes on in the server\'s fault why a host refused it, and leaves nothing there', async () => {
    world().cloud.host('node-1').refusal = { code: 'driver.libvirt.refused', message: 'The disk image is broken.', isFinal: true };
    const id = await world().activeServer();
    expect(await world().server(id)).toMatchObject({ status: 'ERROR', fault: { message: 'The disk image is broken.' } });
    expect(world().cloud.network.ports.size).toBe(0);
    expect(await world().count('allocation')).toBe(0);
  });

  it('tells a host again, soon, what it could not do for the moment', async () => {
    const host = world().cloud.host('node-1');
    host.refusal = { code: 'driver.libvirt.unavailable', message: 'The libvirt backend cannot be reached right now.', isFinal: false };
    const id = await world().createServer();
    await world().settled();
    expect(await world().status(id)).toBe('BUILD');
    host.refusal = undefined;
    await world().pass(seconds(5));
    expect(await world().status(id)).toBe('ACTIVE');
  });

  it('keeps members of a group apart, or together', async () => {
    world().cloud.addHost('node-2');
    world().cloud.addHost('node-3');
    await world().settled();
    const place = async (policy: string): Promise<(string | undefined)[]> => {
      const made = await world().request({ as: 'alice', method: 'POST', url: '/v2.1/os-server-groups', headers: { 'openstack-api-version': 'compute 2.64' }, body: { server_group: { name: policy, policy } } });
      const { id: group } = (made.body as { server_group: { id: string } }).server_group;
      await Promise.all([1, 2, 3].map(() => create({}, { hints: { group } })));
      await world().settled();
      const rows = await world().database.sql<{ host: string }>`SELECT host FROM server WHERE group_id = ${group} ORDER BY host`;
      return rows.map(({ host }) => host);
    };
    expect(await place('anti-affinity')).toEqual(['node-1', 'node-2', 'node-3']);
    expect(new Set(await place('affinity')).size).toBe(1);
  });

  it('puts a server where an administrator says, and lets nobody else say so', async () => {
    world().cloud.addHost('node-2', 'east');
    await world().settled();
    expect((await create({ availability_zone: 'nova:node-2' })).status).toBe(403);
    expect((await create({ host: 'node-2' })).status).toBe(403);
    const answer = await create({ availability_zone: 'nova:node-2' }, { as: 'admin' });
    await world().settled();
    expect(await world().server((answer.body as { server: { id: string } }).server.id)).toMatchObject({ 'OS-EXT-SRV-ATTR:host': 'node-2', 'OS-EXT-AZ:availability_zone': 'east' });
    const east = await create({ availability_zone: 'east' });
    await world().settled();
    expect(await world().server((east.body as { server: { id: string } }).server.id)).toMatchObject({ 'OS-EXT-SRV-ATTR:host': 'node-2' });
  });

  it('does not place servers on a host that is silent', async () => {
    world().cloud.host('node-1').isGone = true;
    await world().pass(seconds(61));
    const id = await world().activeServer();
    expect((await world().server(id))['fault']).toMatchObject({ message: 'No valid host was found. Of 1 host: 1 not reachable.' });
  });

  it('does not wait until the deadline for a host that operators have said to be down, and owes it the removal', async () => {
    const host = world().cloud.host('node-1');
    host.isGone = true;
    const id = await world().createServer();
    await world().settled();
    await world().pass(seconds(90));
    expect(await world().status(id)).toBe('BUILD');
    const down = { host: 'node-1', binary: 'nova-compute', forced_down: true };
    await world().request({ as: 'admin', method: 'PUT', url: '/v2.1/os-services/force-down', headers: { 'openstack-api-version': 'compute 2.11' }, body: down });
    for (let look = 0; look < 4; look++) await world().pass(seconds(30));
    expect(await world().status(id)).toBe('ERROR');
    expect((await world().server(id))['fault']).toMatchObject({ message: 'The server\'s host has failed.' });
    const owed = () => world().database.sql`SELECT backend FROM debt WHERE paid_at IS NULL`;
    expect(await owed()).toEqual([{ backend: 'host:node-1' }]);
    host.isGone = false;
    for (let look = 0; look < 4; look++) await world().pass(seconds(30));
    expect([await owed(), world().cloud.guests()]).toEqual([[], []]);
  });

  it('demands networks from 2.37 on and knows each field only in its versions', async () => {
    expect((await create({ networks: undefined })).status).toBe(400);
    expect((await create({ networks: undefined }, { version: '2.1' })).status).toBe(202);
    expect((await create({ networks: undefined, description: 'x' }, { version: '2.18' })).status).toBe(400);
    expect((await create({ tags: ['a'] }, { version: '2.51' })).status).toBe(400);
    expect((await create({ tags: ['a'] }, { version: '2.52' })).status).toBe(202);
    expect((await create({ personality: [] }, { version: '2.57' })).status).toBe(400);
    expect((await create({ hostname: 'box' }, { version: '2.89' })).status).toBe(400);
  });

  it('gives the guest what was asked for', async () => {
    await world().addFlavor('shaped', { vcpus: 2, memoryMebibytes: 1024, rootGibibytes: 3 });
    await world().activeServer({ flavorRef: 'shaped', name: 'Web server_1' });
    const [guest] = [...world().cloud.host('node-1').guests.values()];
    expect(guest?.spec).toMatchObject({
      vcpus: 2, memoryMebibytes: 1024, facts: { flavorName: 'm1.shaped', imageId: IMAGE },
      disks: [{ target: 'vda', role: 'root', sizeBytes: 3 * 1024 ** 3, seed: { imageId: IMAGE, format: 'qcow2', ticket: expect.stringMatching(/^\d+\.[0-9a-f]{64}$/) } }],
      nics: [{ networkId: '11111111-1111-4111-8111-111111111111' }],
    });
  });
});
