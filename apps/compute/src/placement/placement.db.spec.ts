import { newId } from '@virga/kernel';
import { useComputeDatabase } from '../testing/index.js';
import { PlacementRepository, type Inventory } from './index.js';

const inventory = (total: number, more: Partial<Inventory> = {}): Inventory => ({ total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1, ...more });

describe('claims on a provider', () => {
  const database = useComputeDatabase();
  const placement = new PlacementRepository();
  const provider = newId();
  const claim = (consumer: string, amounts: Record<string, number>): Promise<boolean> =>
    database.transaction((tx) => placement.claim(tx, { consumer, projectId: 'p', userId: 'u', provider, amounts }));
  const used = async (): Promise<number> => (await database.sql<{ used: number }>`SELECT coalesce(sum(used), 0) AS used FROM allocation WHERE resource_class = 'VCPU'`)[0]?.used ?? 0;
  const generation = async (): Promise<number> => (await database.sql<{ generation: number }>`SELECT generation FROM resource_provider`)[0]?.generation ?? -1;

  beforeAll(() => database.transaction((tx) => placement.ensureProvider(tx, { uuid: provider, name: 'node' }, { VCPU: inventory(5), MEMORY_MB: inventory(1000, { reserved: 200, allocationRatio: 2 }) }, ['COMPUTE_NODE'])));
  afterEach(() => database.sql`TRUNCATE consumer CASCADE`);

  it('never give away more than there is, however many come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 24 }, () => claim(newId(), { VCPU: 1 })));
    expect(outcomes.filter((isClaimed) => isClaimed)).toHaveLength(5);
    expect(await used()).toBe(5);
  });

  it('count what is reserved and how far it may be overcommitted', async () => {
    expect(await claim(newId(), { MEMORY_MB: 1000 })).toBe(true);
    expect(await claim(newId(), { MEMORY_MB: 601 })).toBe(false);
    expect(await claim(newId(), { MEMORY_MB: 600 })).toBe(true);
    expect(await claim(newId(), { CUSTOM_GPU: 1 })).toBe(false);
  });

  it('replace what the same consumer has, and are given back at once', async () => {
    const consumer = newId();
    expect(await claim(consumer, { VCPU: 4 })).toBe(true);
    expect(await claim(consumer, { VCPU: 5 })).toBe(true);
    expect(await used()).toBe(5);
    const before = await generation();
    await database.transaction((tx) => placement.release(tx, consumer));
    await database.transaction((tx) => placement.release(tx, consumer));
    expect(await used()).toBe(0);
    expect(await generation()).toBe(before + 1);
  });

  it('leave the provider\'s generation alone where a report says nothing new', async () => {
    const report = (total: number): Promise<void> => database.transaction((tx) => placement.ensureProvider(tx, { uuid: provider, name: 'node' }, { VCPU: inventory(total) }, ['COMPUTE_NODE']));
    const before = await generation();
    await report(5);
    expect(await generation()).toBe(before);
    await report(6);
    expect(await generation()).toBe(before + 1);
    await report(5);
  });
});
