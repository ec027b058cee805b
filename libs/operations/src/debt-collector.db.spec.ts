import { Unavailable, minutes, seconds } from '@virga/kernel';
import { openDatabase, type Migration } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { DebtCollector, DebtPayer, owed, paid, type Payment } from './debt-collector.js';
import { Debts, type Debt, type Leftover } from './debts.js';
import { operationMigrations } from './migrations.js';

const claims: Migration = { name: 'claim', up: 'CREATE TABLE claim (resource_id text PRIMARY KEY)' };

class Hosts extends DebtPayer {
  readonly backend = 'host';
  readonly asked: string[] = [];
  answer: (debt: Debt) => Promise<Payment> = async (debt) => paid((tx) => tx.sql`DELETE FROM claim WHERE resource_id = ${debt.resourceId}`);

  async pay(debt: Debt): Promise<Payment> {
    this.asked.push(`${debt.backend} ${debt.resourceType} ${debt.resourceId} ${debt.generation}`);
    return this.answer(debt);
  }
}

describe('debts', () => {
  const db = useDatabase({ schema: 'test', migrations: [...operationMigrations, claims] });
  let clock: ManualClock;
  let debts: Debts;
  let hosts: Hosts;

  beforeEach(async () => {
    await db.sql`TRUNCATE debt, claim`;
    await db.sql`INSERT INTO claim VALUES ('s1')`;
    clock = new ManualClock();
    debts = new Debts(clock);
    hosts = new Hosts();
  });

  const collector = (): DebtCollector => {
    const made = new DebtCollector({ db, debts, clock, random: () => 0 });
    made.register(hosts);
    return made;
  };
  const guest = (generation = 1): Leftover => ({ backend: 'host:node-1', resourceType: 'guest', generation, detail: { x: 1 } });
  const owe = (...leftovers: Leftover[]): Promise<void> => db.transaction((tx) => debts.record(tx, 's1', leftovers));
  const isClaimed = async (): Promise<boolean> => (await db.sql`SELECT FROM claim`).length > 0;

  it('are paid to their backend, and release what they kept claimed', async () => {
    await owe(guest(3));
    expect(await debts.owedFor(db, 's1')).toMatchObject([{ backend: 'host:node-1', generation: 3, detail: { x: 1 } }]);
    await collector().settled();
    expect(hosts.asked).toEqual(['host:node-1 guest s1 3']);
    expect([await debts.owedFor(db, 's1'), await isClaimed()]).toEqual([[], false]);
  });

  it('are owed once, at the higher generation', async () => {
    await owe(guest(2));
    await owe(guest(5), guest(4));
    expect(await debts.unpaid(db, 10)).toMatchObject([{ generation: 5 }]);
  });

  it('are tried again with growing pauses while the backend does not answer', async () => {
    hosts.answer = async () => { throw new Unavailable('host.unreachable', 'The host cannot be reached.'); };
    await owe(guest());
    const one = collector();
    await one.settled();
    await one.settled();
    expect(hosts.asked).toHaveLength(1);
    clock.advance(seconds(5));
    await one.settled();
    clock.advance(seconds(5));
    await one.settled();
    expect(hosts.asked).toHaveLength(2);
    expect(await isClaimed()).toBe(true);
  });

  it('are tried at once when their backend says that it is back', async () => {
    hosts.answer = async () => owed();
    await owe(guest());
    const one = collector();
    await one.settled();
    await db.transaction((tx) => debts.backendIsBack(tx, 'host:node-1'));
    await one.settled();
    expect(hosts.asked).toHaveLength(2);
  });

  it('are tried once more where their backend comes back while it is asked', async () => {
    hosts.answer = async () => {
      if (hosts.asked.length > 1) return paid();
      await db.transaction((tx) => debts.backendIsBack(tx, 'host:node-1'));
      return owed();
    };
    await owe(guest());
    await collector().settled();
    expect(await debts.unpaid(db, 10)).toEqual([]);
  });

  it('stay owed when more came to be owed during the payment', async () => {
    hosts.answer = async () => {
      if (hosts.asked.length === 1) await owe(guest(9));
      return paid();
    };
    await owe(guest(1));
    const one = collector();
    await one.settled();
    expect(hosts.asked).toEqual(['host:node-1 guest s1 1', 'host:node-1 guest s1 9']);
    expect(await debts.unpaid(db, 10)).toEqual([]);
  });

  it('are each paid by one of several collectors', async () => {
    await db.transaction(async (tx) => {
      for (let index = 0; index < 40; index++) await debts.record(tx, `r${index}`, [guest()]);
    });
    await Promise.all([collector(), collector(), collector()].map((one) => one.settled()));
    expect(new Set(hosts.asked).size).toBe(40);
    expect(hosts.asked).toHaveLength(40);
  });

  it('of a collector that died are found again', async () => {
    hosts.answer = () => new Promise(() => undefined);
    await owe(guest());
    collector().settled().catch(() => undefined);
    while (hosts.asked.length === 0) await db.sql`SELECT 1`;
    hosts.answer = async () => paid();
    clock.advance(minutes(3));
    await collector().settled();
    expect(await debts.unpaid(db, 10)).toEqual([]);
  });

  it('of a process that died are found at once', async () => {
    const other = await openDatabase({ url: db.url, schema: 'test', applicationName: 'other' });
    hosts.answer = () => new Promise(() => undefined);
    await owe(guest());
    const dying = new DebtCollector({ db: other, debts, clock });
    dying.register(hosts);
    dying.settled().catch(() => undefined);
    while (hosts.asked.length === 0) await db.sql`SELECT 1`;
    hosts.answer = async () => paid();
    await collector().settled();
    expect(await debts.unpaid(db, 10)).toHaveLength(1);
    await other.close();
    // Its sessions end a moment after it does.
    while ((await debts.unpaid(db, 10)).length > 0) await collector().settled();
    expect(hosts.asked).toHaveLength(2);
  });

  it('to backends that nobody pays wait untouched', async () => {
    await owe({ backend: 'moon', resourceType: 'crater', generation: 1 });
    await collector().settled();
    expect(await debts.unpaid(db, 10)).toMatchObject([{ backend: 'moon', attempts: 0 }]);
  });
});
