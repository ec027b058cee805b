import { days } from '@virga/kernel';
import { useBlockStorageWorld } from '../testing/index.js';

describe('the history of volumes', () => {
  const world = useBlockStorageWorld();

  it('ends when its time is over, and never for what lives', async () => {
    const [kept, deleted] = [await world().availableVolume(), await world().availableVolume()];
    await world().api('POST', '/snapshots', { snapshot: { volume_id: deleted } });
    await world().settled();
    await world().api('DELETE', `/volumes/${deleted}?cascade=true`);
    await world().settled();
    expect(await world().status(deleted)).toBe('deleted');
    await world().database.sql`UPDATE volume SET deleted_at = ${new Date(world().clock.now() - days(29))} WHERE deleted_at IS NOT NULL`;
    await world().database.sql`UPDATE snapshot SET deleted_at = ${new Date(world().clock.now() - days(29))} WHERE deleted_at IS NOT NULL`;
    await world().reconcile('history');
    expect(await world().count('volume')).toBe(2);

    // The database has a clock of its own.
    const longAgo = new Date(world().clock.now() - days(31));
    await world().database.sql`UPDATE volume SET deleted_at = ${longAgo} WHERE deleted_at IS NOT NULL`;
    await world().database.sql`UPDATE snapshot SET deleted_at = ${longAgo} WHERE deleted_at IS NOT NULL`;
    await world().reconcile('history');
    expect(await world().database.sql`SELECT id FROM volume`).toEqual([{ id: kept }]);
    expect(await world().count('snapshot')).toBe(0);
  });
});
