import { days } from '@virga/kernel';
import { HistoryPruner } from '@virga/operations';
import { useComputeWorld } from '../testing/index.js';

describe('the history of servers', () => {
  const world = useComputeWorld();

  it('is kept for as long as the server lives, and a month longer', async () => {
    const [living, deleted] = [await world().activeServer({ name: 'living' }), await world().activeServer({ name: 'deleted' })];
    await world().request({ as: 'alice', method: 'DELETE', url: `/v2.1/servers/${deleted}` });
    await world().settled();
    const actions = async (server: string): Promise<string[]> => {
      const { body } = await world().request({ as: 'alice', method: 'GET', url: `/v2.1/servers/${server}/os-instance-actions`, headers: { 'openstack-api-version': 'compute 2.93' } });
      return (body as { instanceActions: { action: string }[] }).instanceActions.map(({ action }) => action).sort();
    };
    const prune = () => world().running.app.get(HistoryPruner).prune();

    world().clock.advance(days(29));
    expect(await prune()).toBe(0);
    expect(await actions(deleted)).toEqual(['create', 'delete']);
    world().clock.advance(days(2));
    expect(await prune()).toBe(2);
    expect(await actions(living)).toEqual(['create']);
    expect(await actions(deleted)).toEqual([]);
  });
});
