import { useBlockStorageWorld } from '../testing/index.js';

describe('metadata of volumes', () => {
  const world = useBlockStorageWorld();
  const at = (id: string, key?: string) => `/volumes/${id}/metadata${key === undefined ? '' : `/${key}`}`;

  it('is added to, replaced, and taken away entry by entry', async () => {
    const id = await world().availableVolume({ metadata: { key0: 'zero' } });
    const added = { key1: 'value1', key2: '<value&special_chars>' };
    expect(await world().api('POST', at(id), { metadata: added })).toEqual({ metadata: { key0: 'zero', ...added } });
    expect(await world().api('PUT', at(id, 'key1'), { meta: { key1: 'new' } })).toEqual({ meta: { key1: 'new' } });
    expect(await world().api('GET', at(id, 'key1'))).toEqual({ meta: { key1: 'new' } });
    expect(await world().api('PUT', at(id), { metadata: { a: 'b', c: 'd' } })).toEqual({ metadata: { a: 'b', c: 'd' } });
    expect((await world().try('DELETE', at(id, 'a'))).status).toBe(200);
    expect(await world().api('GET', at(id))).toEqual({ metadata: { c: 'd' } });
    expect(await world().volume(id)).toMatchObject({ metadata: { c: 'd' } });
  });

  it('has no entries that nobody made', async () => {
    const id = await world().availableVolume();
    for (const key of ['none', 'constructor', '__proto__']) {
      expect((await world().try('GET', at(id, key))).status).toBe(404);
      expect((await world().try('DELETE', at(id, key))).status).toBe(404);
    }
  });

  it('is refused where body and address do not agree, or it is too long', async () => {
    const id = await world().availableVolume();
    expect((await world().try('PUT', at(id, 'a'), { meta: { b: '1' } })).status).toBe(400);
    expect((await world().try('PUT', at(id, 'a'), { meta: { a: '1', b: '1' } })).status).toBe(400);
    expect((await world().try('POST', at(id), { metadata: { ['k'.repeat(256)]: 'v' } })).status).toBe(400);
    expect((await world().try('POST', at(id), { metadata: { k: 'v'.repeat(256) } })).status).toBe(400);
    expect((await world().try('POST', at(id), { metadata: { k: 5 } })).status).toBe(400);
  });

  it('changes only where its author has seen what is there, since 3.15', async () => {
    const id = await world().availableVolume({ metadata: { a: '1' } });
    const put = (version: string, ifMatch: string) => world().request({
      as: 'alice', method: 'PUT', url: `/v3${at(id)}`, body: { metadata: { a: '2' } }, headers: { 'openstack-api-version': `volume ${version}`, 'if-match': ifMatch },
    });
    const { headers } = await world().try('GET', at(id));
    expect(headers['etag']).toMatch(/^[0-9a-f]{32}$/);
    expect((await world().try('GET', at(id), undefined, { version: '3.14' })).headers).not.toHaveProperty('etag');
    expect((await put('3.15', '"other"')).status).toBe(412);
    expect((await put('3.15', String(headers['etag']))).status).toBe(200);
    expect((await put('3.15', String(headers['etag']))).status).toBe(412);
    expect((await put('3.14', 'other')).status).toBe(200);
  });

  it('of volumes in maintenance, of other projects, and for readers stays as it is', async () => {
    const id = await world().availableVolume({ metadata: { a: '1' } });
    expect((await world().try('POST', at(id), { metadata: { b: '1' } }, { as: 'bob' })).status).toBe(404);
    expect((await world().try('POST', at(id), { metadata: { b: '1' } }, { as: 'reader' })).status).toBe(403);
    expect(await world().api('GET', at(id), undefined, { as: 'reader' })).toEqual({ metadata: { a: '1' } });
    await world().act(id, { 'os-reset_status': { status: 'maintenance' } }, { as: 'admin' });
    expect((await world().try('POST', at(id), { metadata: { b: '1' } })).status).toBe(400);
  });
});
