import { newId } from '@virga/kernel';
import { type Reader, type Tx, countStatements, fragment } from '@virga/persistence';
import { useDatabase } from '@virga/testing';
import { fc, runs } from '@virga/testing/fast-check';
import { type Amounts, QuotaExceeded, Quotas } from './index.js';

const identity = [{
  name: '0001-limits',
  up: `
    CREATE TABLE project (id text PRIMARY KEY);
    CREATE TABLE service (id text PRIMARY KEY, type text NOT NULL);
    CREATE TABLE registered_limit (
      id text PRIMARY KEY, service_id text NOT NULL REFERENCES service, region_id text, resource_name text NOT NULL,
      default_limit integer NOT NULL, description text, UNIQUE NULLS NOT DISTINCT (service_id, region_id, resource_name));
    CREATE TABLE project_limit (
      id text PRIMARY KEY, registered_limit_id text NOT NULL REFERENCES registered_limit, project_id text NOT NULL REFERENCES project,
      resource_limit integer NOT NULL, description text, UNIQUE (registered_limit_id, project_id));
    INSERT INTO service VALUES ('compute-service', 'compute'), ('network-service', 'network');
    INSERT INTO project VALUES ('red'), ('blue')`,
}];
const migrations = [{
  name: '0001-servers',
  up: `
    CREATE TABLE server (id uuid PRIMARY KEY, project_id text NOT NULL, vcpus integer NOT NULL, is_deleted boolean NOT NULL DEFAULT false);
    CREATE INDEX server_project_id ON server (project_id);
    CREATE TABLE keypair (user_id text NOT NULL, name text NOT NULL, PRIMARY KEY (user_id, name))`,
}];

const quotas = new Quotas({
  serviceType: 'compute',
  regionId: 'RegionOne',
  resources: [
    { name: 'instances', defaultLimit: 5, usage: (project) => fragment`SELECT count(*) FROM server WHERE project_id = ${project} AND NOT is_deleted` },
    { name: 'cores', defaultLimit: 10, usage: (project) => fragment`SELECT coalesce(sum(vcpus), 0) FROM server WHERE project_id = ${project} AND NOT is_deleted` },
    { name: 'key_pairs', defaultLimit: 2, per: 'user', usage: (user) => fragment`SELECT count(*) FROM keypair WHERE user_id = ${user}` },
    { name: 'metadata_items', defaultLimit: 3 },
  ],
  families: [{
    prefix: 'instances_', defaultLimit: -1,
    usage: (project, size) => fragment`SELECT count(*) FROM server WHERE project_id = ${project} AND NOT is_deleted AND vcpus::text = ${size}`,
  }],
});

async function createServer(tx: Tx, project: string, vcpus: number): Promise<string> {
  const id = newId();
  await quotas.charge(tx, { project }, { instances: 1, cores: vcpus });
  await tx.sql`INSERT INTO server (id, project_id, vcpus) VALUES (${id}, ${project}, ${vcpus})`;
  return id;
}

describe('quotas', () => {
  const db = useDatabase({ schema: 'compute', migrations, others: { identity }, rows: [], poolSize: 8 });
  const setLimits = (project: string, limits: Amounts, options = {}): Promise<void> =>
    db.transaction((tx) => quotas.setProjectLimits(tx, project, limits, options));

  afterEach(() => db.sql`TRUNCATE server, keypair, identity.project_limit, identity.registered_limit`);

  it('let a project have what its limits allow and not more', async () => {
    await db.transaction((tx) => createServer(tx, 'red', 8));
    const refused = db.transaction((tx) => createServer(tx, 'red', 3));
    await expect(refused).rejects.toMatchObject({
      code: 'quota.exceeded', kind: 'over-limit', details: { resources: { cores: { limit: 10, used: 8, requested: 3 } } },
      message: 'Quota exceeded for cores (3 requested, 8 of 10 used).',
    });
    await db.transaction((tx) => createServer(tx, 'blue', 3));
    expect(await quotas.usage(db, { project: 'red' })).toEqual({ instances: 1, cores: 8, key_pairs: 0, metadata_items: 0 });
  });

  it('name every resource that does not fit', async () => {
    await setLimits('red', { instances: 0, cores: 1 });
    const refused = db.transaction((tx) => createServer(tx, 'red', 2)).catch((error: unknown) => error);
    expect(Object.keys((await refused as QuotaExceeded).exceeded)).toEqual(['instances', 'cores']);
  });

  it('count users apart from projects', async () => {
    const add = (user: string, name: string): Promise<unknown> => db.transaction(async (tx) => {
      await quotas.charge(tx, { user, project: 'red' }, { key_pairs: 1 });
      await tx.sql`INSERT INTO keypair VALUES (${user}, ${name})`;
    });
    await add('alice', 'a');
    await add('alice', 'b');
    await expect(add('alice', 'c')).rejects.toThrow(QuotaExceeded);
    await add('bob', 'c');
    await setLimits('red', { key_pairs: -1 });
    await add('alice', 'c');
  });

  it('limit single requests for what is not counted', async () => {
    const request = (count: number): Promise<void> => db.transaction((tx) => quotas.charge(tx, { project: 'red' }, { metadata_items: count }));
    await request(3);
    await expect(request(4)).rejects.toThrow(QuotaExceeded);
  });

  it('never refuse what asks for nothing more, even above the limit', async () => {
    await db.transaction((tx) => createServer(tx, 'red', 8));
    await setLimits('red', { cores: 1 });
    await db.transaction((tx) => quotas.charge(tx, { project: 'red' }, { cores: 0, instances: -1 }));
  });

  it('take limits from Keystone: the project\'s, else the region\'s, else the service\'s, else the declared', async () => {
    expect(await quotas.limits(db, 'red')).toEqual({ instances: 5, cores: 10, key_pairs: 2, metadata_items: 3 });
    await db.transaction((tx) => quotas.setDefaults(tx, { cores: 20 }));
    expect((await quotas.limits(db, 'red'))['cores']).toBe(20);
    await db.sql`INSERT INTO identity.registered_limit VALUES
      ('here', 'compute-service', 'RegionOne', 'cores', 30), ('there', 'compute-service', 'RegionTwo', 'cores', 99), ('other', 'network-service', NULL, 'cores', 98)`;
    expect((await quotas.limits(db, 'red'))['cores']).toBe(30);
    await setLimits('red', { cores: 40 });
    expect((await quotas.limits(db, 'red'))['cores']).toBe(40);
    expect((await quotas.limits(db, 'blue'))['cores']).toBe(30);
    expect((await quotas.defaults(db))['cores']).toBe(30);
    expect((await quotas.standings(db, { project: 'red' }))['cores']).toEqual({ limit: 40, used: 0 });
    await db.transaction((tx) => quotas.deleteProjectLimits(tx, 'red'));
    expect((await quotas.limits(db, 'red'))['cores']).toBe(30);
  });

  it('are registered once, and keep what operators changed', async () => {
    await db.transaction((tx) => quotas.register(tx));
    await db.transaction((tx) => quotas.setDefaults(tx, { cores: 77 }));
    await Promise.all([1, 2, 3].map(() => db.transaction((tx) => quotas.register(tx))));
    const rows = await db.sql`SELECT resource_name, default_limit FROM identity.registered_limit ORDER BY resource_name`;
    expect(rows).toEqual([
      { resource_name: 'cores', default_limit: 77 }, { resource_name: 'instances', default_limit: 5 },
      { resource_name: 'key_pairs', default_limit: 2 }, { resource_name: 'metadata_items', default_limit: 3 },
    ]);
  });

  it('hold for the members of a family, which come, change their names and go', async () => {
    const createSized = (): Promise<void> => db.transaction(async (tx) => {
      await quotas.charge(tx, { project: 'red' }, { instances_2: 1 });
      await createServer(tx, 'red', 2);
    });
    await createSized();
    await setLimits('red', { instances_2: 1 }, { mustCoverUsage: true });
    await expect(createSized()).rejects.toMatchObject({ details: { resources: { instances_2: { limit: 1, used: 1, requested: 1 } } } });
    expect(await quotas.limits(db, 'red', ['cores', 'instances_2'])).toEqual({ cores: 10, instances_2: 1 });
    expect(Object.keys(await quotas.limits(db, 'red'))).not.toContain('instances_2');
    await db.transaction((tx) => quotas.rename(tx, { instances_2: 'instances_3' }));
    expect(await quotas.limits(db, 'red', ['instances_2', 'instances_3'])).toEqual({ instances_2: -1, instances_3: 1 });
    await db.transaction((tx) => quotas.forget(tx, ['instances_3']));
    expect(await db.sql`SELECT FROM identity.registered_limit`).toEqual([]);
    await createSized();
  });

  it.each([
    ['a resource that does not exist', 'red', { unicorns: 1 }, 'quota.resource.unknown'],
    ['a limit below -1', 'red', { cores: -2 }, 'quota.limit.invalid'],
    ['a limit that is not whole', 'red', { cores: 1.5 }, 'quota.limit.invalid'],
    ['a limit beyond an integer', 'red', { cores: 2 ** 31 }, 'quota.limit.invalid'],
    ['a project that does not exist', 'green', { cores: 1 }, 'quota.project.unknown'],
  ])('refuse to set %s', async (_, project, limits: Amounts, code) => {
    await expect(setLimits(project, limits)).rejects.toMatchObject({ kind: 'invalid', code });
  });

  it('refuse a limit below what is used, unless forced', async () => {
    await db.transaction((tx) => createServer(tx, 'red', 8));
    await expect(setLimits('red', { cores: 7 }, { mustCoverUsage: true })).rejects.toMatchObject({ code: 'quota.limit.below-usage' });
    await setLimits('red', { cores: 8 }, { mustCoverUsage: true });
    await setLimits('red', { cores: 7 });
  });

  it('cost two statements however many resources are charged', async () => {
    const { count } = await countStatements(db, () => db.transaction((tx) => quotas.charge(tx, { project: 'red' }, { cores: 1, instances: 1, metadata_items: 1 })));
    expect(count).toBe(2);
    expect((await countStatements(db, () => quotas.standings(db, { project: 'red' }))).count).toBe(1);
  });

  it('hold exactly when everybody asks at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 24 }, () => db.transaction((tx) => createServer(tx, 'red', 1))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    for (const reason of refused) expect(reason).toBeInstanceOf(QuotaExceeded);
  });

  it('hold at every commit of any mixture of concurrent operations', async () => {
    const operation = fc.record({
      project: fc.constantFrom('red', 'blue'),
      kind: fc.constantFrom('create', 'create', 'create', 'delete', 'resize', 'fail', 'limit'),
      size: fc.integer({ min: 1, max: 4 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(operation, { minLength: 4, maxLength: 24 }), async (operations) => {
      await db.sql`TRUNCATE server, identity.project_limit`;
      await Promise.all(operations.map((entry) => db.transaction((tx) => perform(tx, entry)).catch(expectRefusal)));
      for (const project of ['red', 'blue']) {
        await expectWithinLimits(db, project);
        await expectUsageEqualsRecount(project);
      }
    }), { numRuns: runs(25) });
  });

  /** What raises usage or lowers a limit ends by comparing both as its commit will leave them; its lock keeps others away. */
  async function perform(tx: Tx, { project, kind, size }: { project: string; kind: string; size: number }): Promise<void> {
    if (kind === 'create' || kind === 'fail') await createServer(tx, project, size);
    if (kind === 'fail') throw new QuotaExceeded({});
    if (kind === 'delete') await tx.sql`UPDATE server SET is_deleted = true WHERE id = (SELECT id FROM server WHERE project_id = ${project} AND NOT is_deleted LIMIT 1 FOR UPDATE SKIP LOCKED)`;
    if (kind === 'limit') await quotas.setProjectLimits(tx, project, { cores: 10 - size }, { mustCoverUsage: true });
    if (kind === 'resize') {
      await quotas.charge(tx, { project }, { cores: size });
      await tx.sql`UPDATE server SET vcpus = vcpus + ${size} WHERE id = (SELECT id FROM server WHERE project_id = ${project} AND NOT is_deleted LIMIT 1 FOR UPDATE SKIP LOCKED)`;
    }
    if (kind !== 'delete') await expectWithinLimits(tx, project);
  }

  async function expectWithinLimits(reader: Reader, project: string): Promise<void> {
    const standings = await quotas.standings(reader, { project });
    for (const { limit, used } of Object.values(standings)) expect(used).toBeLessThanOrEqual(limit);
  }

  /** Deletions take no lock, so the recount is exact only when all is quiet. */
  async function expectUsageEqualsRecount(project: string): Promise<void> {
    const servers = await db.sql<{ vcpus: number }>`SELECT vcpus FROM server WHERE project_id = ${project} AND NOT is_deleted`;
    const cores = servers.reduce((sum, { vcpus }) => sum + vcpus, 0);
    expect(await quotas.usage(db, { project })).toMatchObject({ cores, instances: servers.length });
  }

  function expectRefusal(error: unknown): void {
    const isRefusal = error instanceof QuotaExceeded || (error instanceof Error && 'code' in error && error.code === 'quota.limit.below-usage');
    if (!isRefusal) throw error;
  }
});
