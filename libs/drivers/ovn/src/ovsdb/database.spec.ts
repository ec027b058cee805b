import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, runs } from '@virga/testing/fast-check';
import { nb, northbound, type Northbound } from '../northbound.js';
import { startPrivateOvn, type PrivateOvn } from '../testing/private-ovn.js';
import { showValue } from './columns.js';
import { NotConnected, OvsdbDatabase, TransactionFailed } from './database.js';
import type { Operation } from './operations.js';
import type { Replica } from './replica.js';
import { OvsdbSession } from './session.js';
import { derivedUuid } from './uuid.js';

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const id = (name: string): string => derivedUuid('test', name);

/** Everything in a copy, in an order. */
const contents = (replica: Replica<Northbound>): string[] => (['Logical_Switch', 'DNS', 'Port_Group'] as const).flatMap((table) =>
  [...replica.table(table)].map(([uuid, row]) => `${table} ${uuid} ${Object.entries(row).map(([name, value]) => `${name}=${showValue(value)}`).join(' ')}`)).sort();

describe('OvsdbDatabase on ovsdb-server', () => {
  let ovn: PrivateOvn;
  let database: OvsdbDatabase<Northbound>;
  const open = (): OvsdbDatabase<Northbound> => new OvsdbDatabase({ remotes: ovn.northbound, database: 'OVN_Northbound', tables: northbound });

  beforeAll(async () => {
    ovn = await startPrivateOvn(await mkdtemp(join(tmpdir(), 'ovn-')));
    database = open();
    await database.whenConnected(soon(), 10_000);
  });
  afterAll(async () => {
    await database.close();
    await ovn.stop();
  });

  it('holds, after any series of changes, what one who comes now is given', async () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const set = fc.uniqueArray(names);
    const change = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), name: names, ids: fc.dictionary(names, names) }),
      fc.record({ kind: fc.constant('link' as const), name: names, add: set, remove: set }),
      fc.record({ kind: fc.constant('delete' as const), name: names }),
    );
    await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      for (const each of changes) await database.transact(operationsOf(each), soon());
      const fresh = open();
      await fresh.whenConnected(soon(), 10_000);
      expect(contents(database.replica)).toEqual(contents(fresh.replica));
      await fresh.close();
    }), { numRuns: runs(25) });

    function operationsOf(change_: { kind: 'put'; name: string; ids: Record<string, string> } | { kind: 'link'; name: string; add: string[]; remove: string[] } | { kind: 'delete'; name: string }): Operation[] {
      const [lswitch, record] = [id(`switch-${change_.name}`), id(`dns-${change_.name}`)];
      const has = database.replica.row('Logical_Switch', lswitch) !== undefined;
      if (change_.kind === 'delete') return [nb.delete('Logical_Switch', lswitch), nb.delete('DNS', record)];
      if (change_.kind === 'link') {
        return [nb.mutateSet('Logical_Switch', lswitch, 'dns_records', {
          add: change_.add.map((name) => id(`dns-${name}`)).filter((uuid) => database.replica.row('DNS', uuid) !== undefined),
          remove: change_.remove.map((name) => id(`dns-${name}`)),
        })];
      }
      const external_ids = new Map(Object.entries(change_.ids));
      if (has) return [nb.update('Logical_Switch', lswitch, { external_ids }), nb.update('DNS', record, { records: external_ids })];
      return [nb.insert('Logical_Switch', lswitch, { name: change_.name, external_ids }), nb.insert('DNS', record, { external_ids })];
    }
  });

  it('contains a transaction\'s effect as soon as it is committed, and tells listeners once', async () => {
    const told: string[] = [];
    const stop = database.replica.subscribe((changes) => told.push(...changes.map(({ uuid }) => uuid)));
    await database.transact([nb.insert('Port_Group', id('told'), { name: 'told' })], soon());
    expect(database.replica.row('Port_Group', id('told'))?.name).toBe('told');
    expect(told).toEqual([id('told')]);
    stop();
  });

  it('tells which operation failed, also where the whole transaction does', async () => {
    const insert = nb.insert('Port_Group', id('twice'), { name: 'twice' });
    await database.transact([insert], soon());
    const failures = await Promise.allSettled([
      database.transact([nb.requireNoRow('Port_Group', id('twice')), insert], soon()),
      database.transact([nb.requireRow('Port_Group', id('twice'), { name: 'twice' }), insert], soon()),
      database.transact([nb.insert('Port_Group', id('other'), { name: 'twice' })], soon()),
      database.transact([nb.insert('Logical_Switch', id('lost'), { ports: new Set([id('nowhere')]) })], soon()),
    ]);
    expect(failures.map((failure) => (failure.status === 'rejected' ? failure.reason : undefined))).toMatchObject([
      { error: 'timed out', operation: { op: 'wait' } }, { error: 'duplicate uuid', operation: { op: 'insert' } },
      { error: 'constraint violation', operation: undefined }, { error: 'referential integrity violation', operation: undefined },
    ]);
    expect(failures.every((failure) => failure.status === 'rejected' && failure.reason instanceof TransactionFailed)).toBe(true);
  });

  it('is given only what it missed: the databases are clusters of one', async () => {
    const session = await OvsdbSession.open(ovn.northbound, () => undefined, soon());
    const monitor = async (name: string, since: string) =>
      session.call('monitor_cond_since', ['OVN_Northbound', name, { Port_Group: [{ columns: ['name'] }] }, since], soon()) as Promise<[boolean, string, unknown]>;
    const [, last] = await monitor('first', '00000000-0000-0000-0000-000000000000');
    await database.transact([nb.insert('Port_Group', id('missed'), { name: 'missed' })], soon());
    const [isContinued, , updates] = await monitor('second', last);
    expect([isContinued, updates]).toEqual([true, { Port_Group: { [id('missed')]: { insert: { name: 'missed' } } } }]);
    session.close();
  });

  it('finds its way back after a crash of the server, and says meanwhile that it is away', async () => {
    await ovn.killNorthbound();
    await expect(database.transact([nb.delete('Port_Group', id('twice'))], soon())).rejects.toThrow();
    await expect(database.whenConnected(soon(), 50)).rejects.toBeInstanceOf(NotConnected);
    expect(database.isConnected).toBe(false);
    await ovn.startNorthbound();
    await ovn.nbctl('pg-add', 'meanwhile');
    await database.whenConnected(soon(), 10_000);
    await database.transact([nb.delete('Port_Group', id('twice'))], soon());
    const names = [...database.replica.table('Port_Group').values()].map(({ name }) => name);
    expect(names).toContain('meanwhile');
    expect(names).not.toContain('twice');
  });
});
