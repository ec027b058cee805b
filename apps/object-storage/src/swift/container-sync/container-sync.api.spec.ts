import { minutes, seconds } from '@virga/kernel';
import { type ObjectStorageScene, useObjectStorage } from '../../testing/index.js';
import { demoAccount, md5, swiftAccount } from '../testing/index.js';
import { swiftDefaults, type SwiftSettings } from '../settings.js';
import { SyncChanges } from '../../sync-changes/index.js';
import { syncSignature } from './signature.js';
import { SyncSender } from './sync-sender.js';

const KEYS = ['realm-key', 'older-realm-key'];

describe('containers that synchronize between two clusters', () => {
  const scenes: Record<string, ObjectStorageScene> = {};
  const settings: SwiftSettings = {
    ...swiftDefaults,
    syncRealms: [{ name: 'REALM', keys: KEYS, clusters: { get EAST() { return `${scenes['east']!.url}/v1`; }, get WEST() { return `${scenes['west']!.url}/v1`; } } }],
  };
  const east = scenes['east'] = useObjectStorage({ swift: settings });
  const west = scenes['west'] = useObjectStorage({ swift: settings });
  const [inEast, inWest] = [swiftAccount(east), swiftAccount(west)];
  const to = (cluster: string, container: string, key = 'shared') => ({ 'x-container-sync-to': `//realm/${cluster}/${demoAccount}/${container}`, 'x-container-sync-key': key });
  const send = (from: ObjectStorageScene) => from.app.get(SyncSender).send(new AbortController().signal);
  const later = () => {
    for (const scene of [east, west]) scene.clock.advance(seconds(2));
  };
  const waiting = async (scene: ObjectStorageScene): Promise<number> => {
    const rows = await scene.database.sql<{ count: number }>`SELECT count(*)::integer AS count FROM sync_change`;
    return rows[0]!.count;
  };

  it('bring what is put, changed and removed, and what was there before', async () => {
    await inEast.put('one');
    await inEast.put('one/before', 'there before', { headers: { 'content-type': 'text/x', 'x-object-meta-colour': Buffer.from('blüe').toString('latin1') } });
    await inEast.post('one', to('west', 'one'));
    await inWest.put('one', '', { headers: { 'x-container-sync-key': 'shared' } });
    await inEast.put('one/a%20%3F', 'a');
    expect(await send(east)).toBe(2);
    const before = await inWest.get('one/before');
    expect([before.text, before.headers.get('content-type'), Buffer.from(before.headers.get('x-object-meta-colour') ?? '', 'latin1').toString()]).toEqual(['there before', 'text/x', 'blüe']);
    expect((await inWest.get('one/a%20%3F')).text).toBe('a');
    expect(before.headers.get('x-timestamp')).toBe((await inEast.get('one/before')).headers.get('x-timestamp'));
    later();
    await inEast.post('one/before', { 'x-object-meta-colour': 'red' });
    await inEast.remove('one/a%20%3F');
    expect(await send(east)).toBe(2);
    expect((await inWest.head('one/before')).headers.get('x-object-meta-colour')).toBe('red');
    expect((await inWest.head('one/a%20%3F')).status).toBe(404);
    expect(await waiting(east)).toBe(0);
  });

  it('come to rest when both send to each other, and the later change wins', async () => {
    await inEast.put('both', '', { headers: to('west', 'both') });
    await inWest.put('both', '', { headers: to('east', 'both') });
    await inEast.put('both/o', 'from the east');
    later();
    await inWest.put('both/o', 'later, from the west');
    for (const scene of [east, west, east, west]) await send(scene);
    expect([(await inEast.get('both/o')).text, (await inWest.get('both/o')).text]).toEqual(['later, from the west', 'later, from the west']);
    expect([await waiting(east), await waiting(west)]).toEqual([0, 0]);
    later();
    await inEast.remove('both/o');
    for (const scene of [east, west, east]) await send(scene);
    expect([(await inEast.head('both/o')).status, (await inWest.head('both/o')).status]).toEqual([404, 404]);
  });

  it('bring manifests and links as they are', async () => {
    await inEast.put('parts', '');
    await inEast.put('parts/s', 'segment');
    await inEast.put('whole', '', { headers: to('west', 'whole') });
    await inEast.put('whole/slo?multipart-manifest=put', JSON.stringify([{ path: '/parts/s' }, { data: Buffer.from('!').toString('base64') }]));
    await inEast.put('whole/link', '', { headers: { 'x-symlink-target': 'parts/s', 'x-symlink-target-etag': md5('segment') } });
    await inWest.put('whole', '', { headers: { 'x-container-sync-key': 'shared' } });
    await send(east);
    const slo = await inWest.head('whole/slo');
    expect([slo.headers.get('x-static-large-object'), slo.headers.get('content-length'), slo.headers.get('etag')]).toEqual(['True', '8', (await inEast.head('whole/slo')).headers.get('etag')]);
    expect((await inWest.get('whole/slo')).status).toBe(409);
    await inWest.put('parts');
    await inWest.put('parts/s', 'segment');
    expect((await inWest.get('whole/slo')).text).toBe('segment!');
    expect((await inWest.get('whole/link')).text).toBe('segment');
  });

  it('try again later where the other side is not ready, and say why', async () => {
    await inEast.put('early', '', { headers: to('west', 'early') });
    await inEast.put('early/o', 'patient');
    expect(await send(east)).toBe(0);
    const rows = await east.database.sql<{ problem: string; attempts: number }>`SELECT problem, attempts FROM sync_change`;
    expect(rows).toEqual([{ problem: 'The other cluster answered 401.', attempts: 1 }]);
    await inWest.put('early', '', { headers: { 'x-container-sync-key': 'shared' } });
    expect(await send(east)).toBe(0);
    east.clock.advance(minutes(1));
    expect(await send(east)).toBe(1);
    expect((await inWest.get('early/o')).text).toBe('patient');
  });

  it('do not put off what changed again while the other side was asked in vain', async () => {
    await inEast.put('hasty', '', { headers: to('west', 'hasty') });
    await inEast.put('hasty/o', 'first');
    const changes = east.app.get(SyncChanges);
    const [claimed] = await changes.claim(1);
    later();
    await inEast.put('hasty/o', 'second');
    await changes.failed(claimed!, 'The other cluster answered 503.');
    await inWest.put('hasty', '', { headers: { 'x-container-sync-key': 'shared' } });
    expect(await send(east)).toBe(1);
    expect((await inWest.get('hasty/o')).text).toBe('second');
  });

  it('take changes only with a signature of both keys, for that container and that time', async () => {
    await inWest.put('guarded', '', { headers: { 'x-container-sync-key': 'shared' } });
    await inWest.put('other', '', { headers: { 'x-container-sync-key': 'else' } });
    const path = `/v1/${demoAccount}/guarded/o`;
    const timestamp = '2000000000.00000';
    const attempt = (auth: string, at = path, time = timestamp) => inWest.put(at, 'x', { as: 'nobody', headers: { 'x-timestamp': time, 'x-container-sync-auth': auth } });
    const sign = (realmKey: string, key: string) => `realm nonce ${syncSignature({ method: 'PUT', path, timestamp, nonce: 'nonce' }, realmKey, key)}`;
    for (const auth of ['realm nonce', `none nonce ${'0'.repeat(40)}`, sign('guess', 'shared'), sign(KEYS[0]!, 'guess')]) expect((await attempt(auth)).status).toBe(401);
    const good = sign(KEYS[1]!, 'shared');
    expect((await attempt(good, `/v1/${demoAccount}/guarded/p`)).status).toBe(401);
    expect((await attempt(good, path, '2000000001.00000')).status).toBe(401);
    expect((await attempt(good)).status).toBe(201);
    expect((await attempt(good)).status).toBe(409);
    expect((await inWest.head('guarded/o')).headers.get('x-timestamp')).toBe(timestamp);
  });

  it.each(['http://evil.test/v1/a/c', '//realm/none/a/c', '//none/west/a/c', '//realm/west/a'])('go nowhere that the operator does not know: %s', async (place) => {
    expect((await inEast.put('lost', '', { headers: { 'x-container-sync-to': place, 'x-container-sync-key': 'k' } })).status).toBe(400);
  });

  it('are set up by owners, and keep no versions', async () => {
    await inEast.put('owned', '', { headers: { ...to('west', 'owned'), 'x-container-read': '*:*' } });
    expect((await inEast.head('owned')).headers.get('x-container-sync-key')).toBe('shared');
    const seen = await inEast.head('owned', { as: 'bob' });
    expect([seen.status, seen.headers.has('x-container-sync-key'), seen.headers.has('x-container-sync-to')]).toEqual([204, false, false]);
    expect((await inEast.post('owned', { 'x-versions-enabled': 'true' })).status).toBe(400);
    const rows = await east.database.sql<{ text: string }>`SELECT row_to_json(c)::text AS text FROM container c`;
    expect(rows.map(({ text }) => text).join()).not.toContain('shared');
  });
});
