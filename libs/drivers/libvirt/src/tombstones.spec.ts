import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { days, newId } from '@virga/kernel';
import { Tombstones } from './tombstones.js';

describe('tombstones', () => {
  let directory: string;
  let now = 1_000_000;
  const clock = { now: () => now };

  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'tombstones-')); });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('remember the highest generation over a restart', async () => {
    const [id, other] = [newId<'server'>(), newId<'server'>()];
    const tombstones = await Tombstones.open(directory, clock);
    await tombstones.put(id, 5);
    await tombstones.put(id, 3);

    const reopened = await Tombstones.open(directory, clock);

    expect(await reopened.find(id)).toBe(5);
    expect(await reopened.find(other)).toBeUndefined();
  });

  it('are kept for their life and no longer', async () => {
    const [old, young] = [newId<'server'>(), newId<'server'>()];
    const tombstones = await Tombstones.open(directory, clock, days(7));
    await tombstones.put(old, 1);
    now += days(6);
    await tombstones.put(young, 1);
    expect(await tombstones.find(old)).toBe(1);

    now += days(2);
    await tombstones.put(young, 2);

    expect(await readdir(directory)).toEqual([young]);
  });
});
