import { hours, milliseconds, minutes, newId } from '@virga/kernel';
import { useObjectStorage } from '../testing/index.js';
import { Passes } from './passes.js';

describe('Passes', () => {
  const storage = useObjectStorage();
  const passes = () => storage.app.get(Passes);
  let count = 0;

  const container = async () => (await storage.containers.create('AUTH_passes', `c${count += 1}`, { metadata: {} })).container.id;

  it('gives each container to one of many, and again after its rest', async () => {
    const ids = [await container(), await container()];
    for (const id of ids) await passes().start(id);
    const claimed = await Promise.all(Array.from({ length: 8 }, () => passes().claim()));
    const mine = claimed.filter((pass) => pass !== undefined);
    expect(mine.map(({ containerId }) => containerId).sort()).toEqual([...ids].sort());
    for (const pass of mine) await passes().finish(pass, hours(1));
    expect(await passes().claim()).toBeUndefined();
    storage.clock.advance(hours(1));
    expect((await passes().claim())?.finishedName).toBeUndefined();
    for (const id of ids) await passes().stop(id);
  });

  it('lets another go on where one that died had come to, and tells the dead one so', async () => {
    const id = await container();
    await passes().start(id);
    const first = await passes().claim();
    if (first === undefined) throw new Error('Nothing is due.');
    expect(await passes().report(first, 'half')).toBe(true);
    expect(await passes().claim()).toBeUndefined();
    storage.clock.advance(milliseconds(minutes(5) + 1));
    const second = await passes().claim();
    expect(second).toMatchObject({ containerId: id, finishedName: 'half' });
    expect(await passes().report(first, 'more')).toBe(false);
    await passes().stop(id);
  });

  it('begins anew when it is started again, and knows nothing of what is gone', async () => {
    const id = await container();
    await passes().start(id);
    const pass = await passes().claim();
    await passes().start(id);
    expect(pass && await passes().report(pass, 'old')).toBe(false);
    expect(await passes().claim()).toMatchObject({ containerId: id, finishedName: undefined });
    await storage.containers.remove(id);
    storage.clock.advance(hours(1));
    expect(await passes().claim()).toBeUndefined();
    await expect(passes().start(newId<'container'>())).resolves.toBeUndefined();
  });
});
