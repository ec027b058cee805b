import type { ApiAnswer } from '@virga/testing';
import { inVersion, useSharedComputeWorld } from '../testing/index.js';

const NOBODY = '99999999-9999-4999-8999-999999999999';

describe('volumes through compute, for older clients', () => {
  const world = useSharedComputeWorld();
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown, version = '2.35'): Promise<ApiAnswer> =>
    world().request({ as: 'alice', method, url: `/v2.1/${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });

  it('are made, shown, listed by pages and deleted, in the old words', async () => {
    const made = await ask('POST', 'os-volumes', { volume: { size: '2', display_name: 'one', metadata: { a: 'b' } } });
    expect(made).toMatchObject({ status: 200, body: { volume: { size: 2, displayName: 'one', metadata: { a: 'b' }, attachments: [{}], displayDescription: null } } });
    const { id } = (made.body as { volume: { id: string } }).volume;
    expect(made.headers['location']).toMatch(new RegExp(`/os-volumes/${id}$`));
    await ask('POST', 'os-volumes', { volume: { size: 1 } });
    expect((await ask('GET', `os-volumes/${id}`)).body).toEqual(made.body);
    expect((await ask('GET', 'os-volumes/detail')).body).toMatchObject({ volumes: [{}, {}] });
    expect((await ask('GET', 'os-volumes?limit=1&offset=1')).body).toMatchObject({ volumes: [{ size: 1 }] });
    expect((await ask('DELETE', `os-volumes/${id}`)).status).toBe(202);
    expect(await ask('GET', `os-volumes/${id}`)).toMatchObject({ status: 404, body: { itemNotFound: { message: expect.stringContaining('could not be found') as string } } });
  });

  it('have snapshots', async () => {
    const { volume } = (await ask('POST', 'os-volumes', { volume: { size: 1 } })).body as { volume: { id: string } };
    const made = await ask('POST', 'os-snapshots', { snapshot: { volume_id: volume.id, display_name: 'then', force: 'True' } });
    expect(made).toMatchObject({ status: 200, body: { snapshot: { volumeId: volume.id, displayName: 'then' } } });
    const { id } = (made.body as { snapshot: { id: string } }).snapshot;
    expect((await ask('GET', `os-snapshots/${id}`)).body).toEqual(made.body);
    expect((await ask('GET', 'os-snapshots')).body).toEqual({ snapshots: [(made.body as { snapshot: unknown }).snapshot] });
    expect((await ask('DELETE', `os-snapshots/${id}`)).status).toBe(202);
    expect((await ask('GET', `os-snapshots/${id}`)).status).toBe(404);
  });

  it('are asked for in the caller\'s name, and are gone from 2.36 on', async () => {
    await ask('GET', 'os-volumes');
    expect(world().peers.tokens.at(-1)).toBe('alice');
    expect((await ask('GET', `os-volumes/${NOBODY}`)).status).toBe(404);
    expect((await ask('GET', 'os-volumes', undefined, '2.36')).status).toBe(404);
    for (const size of [0, -1, '', '#$%', undefined]) expect((await ask('POST', 'os-volumes', { volume: { size } })).status).toBe(400);
  });
});
