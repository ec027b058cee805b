import { randomUUID } from 'node:crypto';
import { demoProject, otherProject } from '@virga/testing';
import { useSharedBlockStorageWorld } from '../testing/index.js';

interface TypeView { id: string; name: string; extra_specs: Record<string, string> }

const admin = { as: 'admin' };

describe('volume types', () => {
  const world = useSharedBlockStorageWorld();

  const create = async (more: Record<string, unknown> = {}): Promise<TypeView> =>
    (await world().api<{ volume_type: TypeView }>('POST', '/types', { volume_type: { name: randomUUID(), ...more } }, admin)).volume_type;
  const refusal = async (method: string, path: string, body?: unknown, as = 'admin'): Promise<number> => (await world().try(method, path, body, { as })).status;
  const names = async (query = '', as = 'alice'): Promise<string[]> =>
    (await world().api<{ volume_types: TypeView[] }>('GET', `/types${query}`, undefined, { as })).volume_types.map(({ name }) => name);

  it('are made, shown, changed and deleted', async () => {
    const specs = { storage_protocol: 'nbd', vendor_name: 'Virga' };
    const made = await world().try('POST', '/types', { volume_type: { name: 'gold', description: 'fast', extra_specs: specs, 'os-volume-type-access:is_public': true } }, admin);
    expect(made.status).toBe(200);
    const { volume_type: type } = made.body as { volume_type: TypeView };
    expect(type).toEqual({ id: expect.any(String), name: 'gold', description: 'fast', is_public: true, extra_specs: specs, 'os-volume-type-access:is_public': true });
    expect((await world().api('GET', `/types/${type.id}`, undefined, admin)).volume_type).toEqual({ ...type, qos_specs_id: null });
    expect((await world().api('PUT', `/types/${type.id}`, { volume_type: { name: 'silver', description: 'slow', is_public: false } }, admin)).volume_type)
      .toEqual({ id: type.id, name: 'silver', description: 'slow', is_public: false, extra_specs: specs });
    expect(await refusal('POST', '/types', { volume_type: { name: 'silver' } })).toBe(409);
    expect(await refusal('DELETE', `/types/${type.id}`)).toBe(202);
    expect(await refusal('GET', `/types/${type.id}`)).toBe(404);
    expect((await create({ name: 'silver' })).name).toBe('silver');
  });

  it.each([
    ['POST', '/types', { volume_type: { name: '' } }], ['POST', '/types', { volume_type: { name: ' ' } }], ['POST', '/types', { volume_type: {} }],
    ['POST', '/types', { volume_type: { name: 'x', nonsense: 1 } }], ['PUT', '/types/TYPE', { volume_type: {} }], ['PUT', '/types/TYPE', { volume_type: { name: ' ' } }],
    ['PUT', '/types/TYPE/extra_specs/a', { b: 'c' }], ['PUT', '/types/TYPE/extra_specs/a', {}], ['PUT', '/types/TYPE/extra_specs/a', { a: 'b', c: 'd' }],
    ['PUT', '/types/TYPE/extra_specs/a', undefined], ['POST', '/types/TYPE/extra_specs', undefined], ['POST', '/types/TYPE/extra_specs', { extra_specs: ['invalid'] }],
    ['POST', '/types/TYPE/extra_specs', { extra_specs: { multiattach: '<is> True', cacheable: '<is> True' } }],
    ['POST', '/types/TYPE/action', { addProjectAccess: { project: 'p' } }], ['POST', '/types/TYPE/encryption', { encryption: { provider: 'luks' } }],
    ['GET', '/types?is_public=perhaps', undefined], ['GET', '/types?extra_specs=x', undefined],
  ])('are not what %s %s %p says', async (method, path, body) => {
    const { id } = await create();
    expect(await refusal(method, path.replace('TYPE', id), body)).toBe(400);
  });

  it.each<[string, string, unknown?]>([
    ['GET', '/types/ID'], ['DELETE', '/types/ID'], ['PUT', '/types/ID', { volume_type: { name: 'x' } }], ['GET', '/types/ID/extra_specs'], ['GET', '/types/ID/extra_specs/a'],
    ['POST', '/types/ID/extra_specs', { extra_specs: { a: 'b' } }], ['PUT', '/types/ID/extra_specs/a', { a: 'b' }], ['DELETE', '/types/ID/extra_specs/a'],
    ['GET', '/types/ID/os-volume-type-access'], ['POST', '/types/ID/action', { addProjectAccess: { project: 'p' } }], ['GET', '/types/ID/encryption'],
    ['POST', '/types/ID/encryption', { encryption: { provider: 'luks', control_location: 'front-end' } }], ['GET', '/types/ID/encryption/cipher'],
  ])('that do not exist are not found: %s %s', async (...[method, path, body]) => {
    for (const id of [randomUUID(), 'nonsense']) expect(await refusal(method, path.replace('ID', id), body)).toBe(404);
  });

  it('have extra specs, of which users see a few', async () => {
    const { id } = await create({ extra_specs: { multiattach: '<is> True', volume_backend_name: 'file' } });
    expect((await world().api('POST', `/types/${id}/extra_specs`, { extra_specs: { spec1: 'a', spec2: 'b' } }, admin)).extra_specs).toEqual({ spec1: 'a', spec2: 'b' });
    expect(await world().api('PUT', `/types/${id}/extra_specs/spec1`, { spec1: 'c' }, admin)).toEqual({ spec1: 'c' });
    expect(await world().api('GET', `/types/${id}/extra_specs/spec1`, undefined, admin)).toEqual({ spec1: 'c' });
    expect(await refusal('DELETE', `/types/${id}/extra_specs/spec2`)).toBe(202);
    expect(await refusal('DELETE', `/types/${id}/extra_specs/spec2`)).toBe(404);
    expect((await world().api('GET', `/types/${id}/extra_specs`, undefined, admin)).extra_specs).toEqual({ multiattach: '<is> True', volume_backend_name: 'file', spec1: 'c' });
    expect((await world().api('GET', `/types/${id}/extra_specs`)).extra_specs).toEqual({ multiattach: '<is> True' });
    expect(await refusal('GET', `/types/${id}/extra_specs/spec1`, undefined, 'alice')).toBe(404);
    expect((await world().api<{ volume_type: TypeView }>('GET', `/types/${id}`)).volume_type).not.toHaveProperty('qos_specs_id');
    expect(await names("?extra_specs={'multiattach':'<is> True'}")).toHaveLength(1);
    expect(await names("?extra_specs={'volume_backend_name':'file'}")).toEqual([]);
    expect(await names('?extra_specs={"volume_backend_name":"file"}', 'admin')).toHaveLength(1);
  });

  it('that are private are seen by projects that were given access', async () => {
    const { id, name } = await create({ 'os-volume-type-access:is_public': false });
    expect(await refusal('GET', `/types/${id}`, undefined, 'alice')).toBe(404);
    expect(await names()).not.toContain(name);
    expect(await names('?is_public=none', 'admin')).toContain(name);
    expect(await names('?is_public=false', 'admin')).toContain(name);
    expect(await names('', 'admin')).not.toContain(name);
    expect((await world().try('POST', '/volumes', { volume: { size: 1, volume_type: id } })).status).toBe(404);
    for (const project of [demoProject, otherProject]) expect(await refusal('POST', `/types/${id}/action`, { addProjectAccess: { project } })).toBe(202);
    expect(await refusal('POST', `/types/${id}/action`, { addProjectAccess: { project: demoProject } })).toBe(409);
    expect((await world().api('GET', `/types/${id}/os-volume-type-access`, undefined, admin)).volume_type_access)
      .toEqual([{ volume_type_id: id, project_id: demoProject }, { volume_type_id: id, project_id: otherProject }]);
    expect(await names()).toContain(name);
    expect(await refusal('POST', `/types/${id}/action`, { removeProjectAccess: { project: demoProject } })).toBe(202);
    expect(await refusal('POST', `/types/${id}/action`, { removeProjectAccess: { project: demoProject } })).toBe(404);
    expect(await names()).not.toContain(name);
  });

  it('stay as they are, and there, while they have volumes', async () => {
    const { id, name } = await create();
    const volume = await world().availableVolume({ volume_type: name });
    expect(await refusal('DELETE', `/types/${id}`)).toBe(400);
    expect(await refusal('POST', `/types/${id}/extra_specs`, { extra_specs: { a: 'b' } })).toBe(400);
    expect(await refusal('POST', `/types/${id}/encryption`, { encryption: { provider: 'luks', control_location: 'front-end' } })).toBe(400);
    await world().try('DELETE', `/volumes/${volume}`);
    await world().settled();
    expect(await refusal('DELETE', `/types/${id}`)).toBe(202);
  });

  it('may be encrypted', async () => {
    const { id } = await create();
    const path = `/types/${id}/encryption`;
    const wanted = { provider: 'LuksEncryptor', key_size: 256, cipher: 'aes-xts-plain64', control_location: 'front-end' };
    expect(await world().api('GET', path, undefined, admin)).toEqual({});
    const made = (await world().api<{ encryption: { encryption_id: string } }>('POST', path, { encryption: wanted }, admin)).encryption;
    expect(made).toEqual({ ...wanted, volume_type_id: id, encryption_id: expect.any(String) });
    expect(await refusal('POST', path, { encryption: wanted })).toBe(400);
    const changed = { key_size: 128, provider: 'SomeProvider', cipher: 'aes-xts-plain64', control_location: 'back-end' };
    expect((await world().api('PUT', `${path}/${made.encryption_id}`, { encryption: changed }, admin)).encryption).toEqual(changed);
    expect(await world().api('GET', path, undefined, admin)).toMatchObject({ ...changed, volume_type_id: id, encryption_id: made.encryption_id, deleted: false, deleted_at: null });
    expect(await world().api('GET', `${path}/cipher`, undefined, admin)).toEqual({ cipher: 'aes-xts-plain64' });
    expect(await refusal('GET', `${path}/nonsense`)).toBe(404);
    expect((await world().try('POST', '/volumes', { volume: { size: 1, volume_type: id } })).status).toBe(400);
    expect(await refusal('DELETE', `${path}/provider`)).toBe(202);
    expect(await world().api('GET', path, undefined, admin)).toEqual({});
    expect(await refusal('DELETE', `${path}/${made.encryption_id}`)).toBe(404);
  });

  it('have one that volumes get which name none, and projects may have another', async () => {
    const { id, name } = await create();
    expect((await world().api('GET', '/types/default')).volume_type).toMatchObject({ name: '__DEFAULT__' });
    expect(await refusal('GET', `/default-types/${demoProject}`)).toBe(404);
    expect(await world().api('PUT', `/default-types/${demoProject}`, { default_type: { volume_type: name } }, admin)).toEqual({ default_type: { project_id: demoProject, volume_type_id: id } });
    expect(await world().api('GET', `/default-types/${demoProject}`, undefined, admin)).toEqual({ default_type: { project_id: demoProject, volume_type_id: id } });
    expect((await world().api('GET', '/default-types', undefined, admin)).default_types).toEqual([{ project_id: demoProject, volume_type_id: id }]);
    expect((await world().api('GET', '/types/default')).volume_type).toMatchObject({ id });
    expect((await world().volume(await world().availableVolume()))['volume_type']).toBe(name);
    expect(await refusal('DELETE', `/types/${id}`)).toBe(400);
    expect(await refusal('PUT', `/default-types/${randomUUID()}`, { default_type: { volume_type: name } })).toBe(404);
    expect(await refusal('PUT', `/default-types/${demoProject}`, { default_type: { volume_type: 'nonsense' } })).toBe(400);
    for (let times = 0; times < 2; times++) expect(await refusal('DELETE', `/default-types/${demoProject}`)).toBe(204);
    expect((await world().try('GET', '/default-types', undefined, { ...admin, version: '3.61' })).status).toBe(404);
    const { volume_type: cloudWide } = await world().api<{ volume_type: TypeView }>('GET', '/types/default');
    expect(await refusal('DELETE', `/types/${cloudWide.id}`)).toBe(400);
    expect(await refusal('PUT', `/types/${cloudWide.id}`, { volume_type: { name: 'renamed' } })).toBe(400);
  });

  it('answer page by page', async () => {
    for (const name of ['p1', 'p2', 'p3']) await create({ name });
    const first = await world().api<{ volume_types: TypeView[]; volume_type_links: { href: string }[] }>('GET', '/types?limit=2&sort=name:desc', undefined, admin);
    expect(first.volume_types).toHaveLength(2);
    const { pathname, search } = new URL(first.volume_type_links[0]?.href ?? '');
    const second = await world().request({ as: 'admin', method: 'GET', url: pathname + search });
    const seen = [...first.volume_types, ...(second.body as { volume_types: TypeView[] }).volume_types].map(({ name }) => name);
    expect(seen).toEqual((await names('?sort=name:desc', 'admin')).slice(0, 4));
    expect(await refusal('GET', `/types?marker=${randomUUID()}`)).toBe(404);
  });
});
