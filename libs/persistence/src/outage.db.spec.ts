import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CuttablePort, killPostgres, startPostgres, stopPostgres, testState } from '@virga/testing';
import { type PostgresDatabase, openDatabase } from './index.js';

describe('when PostgreSQL goes away', () => {
  mkdirSync(testState(), { recursive: true });
  const directory = mkdtempSync(join(testState(), 'outage-'));
  let db: PostgresDatabase;
  let port: CuttablePort;

  beforeAll(async () => {
    const cluster = await startPostgres(directory);
    port = await CuttablePort.to(cluster.port);
    const url = `postgres://virga@127.0.0.1:${port.number}/postgres`;
    db = await openDatabase({ url, schema: 'public', applicationName: 'outage', rows: [], poolSize: 4, report: () => undefined });
    await db.sql`CREATE TABLE note (text text NOT NULL)`;
  }, 60_000);

  afterEach(() => db.sql`TRUNCATE note`);

  afterAll(async () => {
    await db.close();
    await port.close();
    await stopPostgres(directory);
    rmSync(directory, { recursive: true });
  });

  it('fails what is in flight with 503, keeps nothing of it, and works again when it is back', async () => {
    const isWritten = Promise.withResolvers<void>();
    const isDead = Promise.withResolvers<void>();
    const inFlight = db.transaction(async (tx) => {
      await tx.sql`INSERT INTO note VALUES ('lost')`;
      isWritten.resolve();
      await isDead.promise;
      await tx.sql`INSERT INTO note VALUES ('lost too')`;
    });
    const outcome = expect(inFlight).rejects.toMatchObject({ code: 'database.unavailable', kind: 'unavailable' });
    const sleeping = expect(db.sql`SELECT pg_sleep(60)`).rejects.toMatchObject({ code: 'database.unavailable' });
    await isWritten.promise;

    await killPostgres(directory);
    await sleeping;
    isDead.resolve();
    await outcome;
    await expect(db.ping()).rejects.toMatchObject({ code: 'database.unavailable' });

    const revived = await startPostgres(directory);
    port.retarget(revived.port);
    await db.ping();
    expect(await db.sql`SELECT text FROM note`).toEqual([]);
    await db.transaction((tx) => tx.sql`INSERT INTO note VALUES ('kept')`);
    expect(await db.sql`SELECT text FROM note`).toEqual([{ text: 'kept' }]);
  });

  it('reports a connection that was lost between two statements as 503 and replaces it', async () => {
    await db.sql`SELECT 1`;
    const work = db.transaction(async (tx) => {
      await tx.sql`INSERT INTO note VALUES ('lost')`;
      port.drop();
      await tx.sql`SELECT 1`;
    });
    await expect(work).rejects.toMatchObject({ code: 'database.unavailable' });
    expect(await db.sql`SELECT text FROM note`).toEqual([]);
  });

  it('answers 503 when every connection is busy for too long', async () => {
    const isDone = Promise.withResolvers<void>();
    const small = await openDatabase({ url: `postgres://virga@127.0.0.1:${port.number}/postgres`, schema: 'public', applicationName: 'small', rows: [], poolSize: 1, connectTimeoutMs: 2_000 });
    const holder = small.transaction(() => isDone.promise);
    await expect(small.ping()).rejects.toMatchObject({ code: 'database.unavailable' });
    isDone.resolve();
    await holder;
    await small.ping();
    await small.close();
  });
});
