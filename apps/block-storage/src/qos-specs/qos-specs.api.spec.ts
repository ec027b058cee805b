import { randomUUID } from 'node:crypto';
import { useSharedBlockStorageWorld } from '../testing/index.js';

interface QosView { id: string; name: string; consumer: string; specs: Record<string, string> }

const admin = { as: 'admin' };

describe('QoS specs', () => {
  const world = useSharedBlockStorageWorld();

  const create = async (more: Record<string, unknown> = {}): Promise<QosView> =>
    (await world().api<{ qos_specs: QosView }>('POST', '/qos-specs', { qos_specs: { name: randomUUID(), ...more } }, admin)).qos_specs;
  const createType = async (): Promise<string> =>
    (await world().api<{ volume_type: { id: string } }>('POST', '/types', { volume_type: { name: randomUUID() } }, admin)).volume_type.id;
  const status = async (method: string, path: string, body?: unknown): Promise<number> => (await world().try(method, path, body, admin)).status;

  it('are made, shown, listed and deleted', async () => {
    const made = await create({ name: 'slow', consumer: 'front-end', read_iops_sec: '2000' });
    expect(made).toEqual({ id: expect.any(String), name: 'slow', consumer: 'front-end', specs: { read_iops_sec: '2000' } });
    const shown = await world().api<{ qos_specs: QosView; links: { rel: string }[] }>('GET', `/qos-specs/${made.id}`, undefined, admin);
    expect(shown.qos_specs).toEqual(made);
    expect(shown.links.map(({ rel }) => rel)).toEqual(['self', 'bookmark']);
    expect((await world().api('GET', '/qos-specs', undefined, admin)).qos_specs).toContainEqual(made);
    expect((await world().api('GET', '/qos-specs?consumer=both', undefined, admin)).qos_specs).toEqual([]);
    expect(await status('POST', '/qos-specs', { qos_specs: { name: 'slow' } })).toBe(409);
    expect(await status('DELETE', `/qos-specs/${made.id}`)).toBe(202);
    expect(await status('GET', `/qos-specs/${made.id}`)).toBe(404);
    expect((await create()).consumer).toBe('back-end');
  });

  it.each([
    { name: '' }, { consumer: 'front-end' }, { name: 'x', consumer: 'nobody' }, { name: 'x', read_iops_sec: 'many' }, { name: 'x', a: { b: 'c' } }, { name: 'x', a: null },
    { name: 'x', total_iops_sec: '1', read_iops_sec: '1' }, { name: 'x', ['k'.repeat(256)]: 'v' },
  ])('cannot say %p', async (specs) => {
    expect(await status('POST', '/qos-specs', { qos_specs: specs })).toBe(400);
  });

  it('are changed key by key', async () => {
    const { id } = await create({ read_iops_sec: '5' });
    expect((await world().api('PUT', `/qos-specs/${id}`, { qos_specs: { iops_bytes: '500', consumer: 'both' } }, admin)).qos_specs).toEqual({ iops_bytes: '500', consumer: 'both' });
    expect((await world().api('GET', `/qos-specs/${id}`, undefined, admin)).qos_specs).toMatchObject({ consumer: 'both', specs: { read_iops_sec: '5', iops_bytes: '500' } });
    expect(await status('PUT', `/qos-specs/${id}`, { qos_specs: { total_iops_sec: '7' } })).toBe(400);
    expect(await status('PUT', `/qos-specs/${id}/delete_keys`, { keys: ['iops_bytes', 'nonsense'] })).toBe(404);
    expect(await status('PUT', `/qos-specs/${id}/delete_keys`, { keys: ['iops_bytes'] })).toBe(202);
    expect((await world().api('GET', `/qos-specs/${id}`, undefined, admin)).qos_specs).toMatchObject({ specs: { read_iops_sec: '5' } });
    expect(await status('PUT', `/qos-specs/${randomUUID()}`, { qos_specs: { a: 'b' } })).toBe(404);
  });

  it('hold for volume types', async () => {
    const [{ id }, other] = [await create(), await create()];
    const types = [await createType(), await createType(), await createType()];
    for (const type of types) expect(await status('GET', `/qos-specs/${id}/associate?vol_type_id=${type}`)).toBe(202);
    const associated = async (): Promise<string[]> => {
      const { qos_associations: found } = await world().api<{ qos_associations: { id: string; association_type: string }[] }>('GET', `/qos-specs/${id}/associations`, undefined, admin);
      return found.map((entry) => entry.id).sort();
    };
    expect(await associated()).toEqual([...types].sort());
    expect((await world().api('GET', `/types/${types[0]}`, undefined, admin)).volume_type).toMatchObject({ qos_specs_id: id });
    expect(await status('GET', `/qos-specs/${other.id}/associate?vol_type_id=${types[0]}`)).toBe(400);
    expect(await status('GET', `/qos-specs/${id}/associate`)).toBe(400);
    expect(await status('GET', `/qos-specs/${id}/associate?vol_type_id=${randomUUID()}`)).toBe(404);
    expect(await status('GET', `/qos-specs/${id}/disassociate?vol_type_id=${types[0]}`)).toBe(202);
    expect(await associated()).toEqual(types.slice(1).sort());
    expect(await status('DELETE', `/qos-specs/${id}`)).toBe(400);
    expect(await status('GET', `/qos-specs/${id}/disassociate_all`)).toBe(202);
    expect(await associated()).toEqual([]);
    expect(await status('GET', `/qos-specs/${id}/associate?vol_type_id=${types[2]}`)).toBe(202);
    expect(await status('DELETE', `/qos-specs/${id}?force=perhaps`)).toBe(400);
    expect(await status('DELETE', `/qos-specs/${id}?force=True`)).toBe(202);
    expect((await world().api('GET', `/types/${types[2]}`, undefined, admin)).volume_type).toMatchObject({ qos_specs_id: null });
  });
});
