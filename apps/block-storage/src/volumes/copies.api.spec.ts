import { useBlockStorageWorld } from '../testing/index.js';

interface Answer { status: number; body: unknown }

describe('what a volume is being made from', () => {
  const world = useBlockStorageWorld();
  const settledStatus = async (id: string): Promise<string> => {
    await world().settled();
    return world().status(id);
  };

  it('keeps its snapshot until it is done', async () => {
    const volume = await world().availableVolume();
    const snapshot = await world().availableSnapshot(volume);
    const copy = await world().createVolume({ snapshot_id: snapshot });
    const refusal = { status: 400, body: { badRequest: { message: expect.stringContaining('A volume is being made from the snapshot') } } };
    expect(await world().try('DELETE', `/snapshots/${snapshot}`)).toMatchObject(refusal);
    expect(await world().try('POST', `/snapshots/${snapshot}/action`, { 'os-force_delete': {} }, { as: 'admin' })).toMatchObject(refusal);
    expect(await world().try('DELETE', `/volumes/${volume}?cascade=true`)).toMatchObject(refusal);
    expect(await settledStatus(copy)).toBe('available');
    expect((await world().api<{ snapshot: object }>('GET', `/snapshots/${snapshot}`)).snapshot).toMatchObject({ status: 'available' });
    expect(await world().status(volume)).toBe('available');
    expect((await world().try('DELETE', `/snapshots/${snapshot}`)).status).toBe(202);
  });

  it('lets its snapshot go once it is being deleted itself', async () => {
    const snapshot = await world().availableSnapshot(await world().availableVolume());
    const copy = await world().createVolume({ snapshot_id: snapshot });
    expect((await world().try('POST', `/volumes/${copy}/action`, { 'os-force_delete': {} }, { as: 'admin' })).status).toBe(202);
    expect((await world().try('DELETE', `/snapshots/${snapshot}`)).status).toBe(202);
    expect(await settledStatus(copy)).toBe('deleted');
  });

  it('keeps its source volume until it is done', async () => {
    const source = await world().availableVolume();
    const copy = await world().createVolume({ source_volid: source });
    const refusal = { status: 400, body: { badRequest: { message: expect.stringContaining('is the source of a volume that is being made') } } };
    expect(await world().try('DELETE', `/volumes/${source}`)).toMatchObject(refusal);
    expect(await world().try('POST', `/volumes/${source}/action`, { 'os-force_delete': {} }, { as: 'admin' })).toMatchObject(refusal);
    expect(await settledStatus(copy)).toBe('available');
    expect(await world().status(source)).toBe('available');
    expect((await world().try('DELETE', `/volumes/${source}`)).status).toBe(202);
  });

  it('keeps a snapshot in a group snapshot until it is done', async () => {
    const groupSnapshot = await world().availableGroupSnapshot(await world().availableGroup({ volumes: 2 }));
    const { snapshots } = await world().api<{ snapshots: { id: string }[] }>('GET', '/snapshots');
    const copy = await world().createVolume({ snapshot_id: snapshots[0]?.id });
    expect((await world().try('DELETE', `/group_snapshots/${groupSnapshot}`)).status).toBe(400);
    expect(await settledStatus(copy)).toBe('available');
    expect((await world().try('DELETE', `/group_snapshots/${groupSnapshot}`)).status).toBe(202);
  });

  it.each(['snapshot', 'volume'])('is there for every copy that was accepted, whenever the %s is deleted', async (kind) => {
    for (let round = 0; round < 6; round++) {
      const volume = await world().availableVolume();
      const source = kind === 'snapshot' ? await world().availableSnapshot(volume) : volume;
      const copy = (): Promise<Answer> => world().try('POST', '/volumes', { volume: { size: 1, ...(kind === 'snapshot' ? { snapshot_id: source } : { source_volid: source }) } });
      const asked = [copy(), copy(), world().try('DELETE', `/${kind}s/${source}`), copy(), copy()];
      const answers = await Promise.all(asked.map((answer) => answer.then(({ status, body }) => ({ status, body }))));
      const copies = answers.filter(({ body }) => body instanceof Object && 'volume' in body).map(({ body }) => (body as { volume: { id: string } }).volume.id);
      expect(answers.every(({ status }) => [202, 400, 404].includes(status))).toBe(true);
      await world().settled();
      for (const id of copies) expect(await world().status(id)).toBe('available');
    }
  });
});
