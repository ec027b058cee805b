import { T, message, type MessageBody, type MessageContract } from '@virga/contract';
import { Unavailable, seconds, type Duration } from '@virga/kernel';
import type { MessageTap } from '@virga/messaging';
import type { Database, Migration, Reader, Tx } from '@virga/persistence';
import { Debts } from '../debts.js';
import { Engine } from '../engine.js';
import { Kinds } from '../kinds.js';
import { wakeKey, type AnyOperation, type OperationClass, type WakeKey } from '../operation.js';
import { Operations } from '../operations.js';
import type { ProcessTools, ProcessUnderTest, World } from './world.js';

export const toyMigration: Migration = {
  name: 'toy',
  up: `
    CREATE TABLE toy (id text PRIMARY KEY, state text NOT NULL, generation integer NOT NULL DEFAULT 1);
    CREATE TABLE toy_seen (id text PRIMARY KEY, generation integer NOT NULL, power text)`,
};

export const EnsureGuest = message({ type: 'toy.agent.ensure-guest', version: 1, body: T.Object({ id: T.String(), generation: T.Integer() }) });
export const EnsureNoGuest = message({ type: 'toy.agent.ensure-no-guest', version: 1, body: T.Object({ id: T.String(), generation: T.Integer() }) });
export const GuestSeen = message({ type: 'toy.agent.guest-seen', version: 1, body: T.Object({ id: T.String(), generation: T.Integer(), power: T.Optional(T.String()) }) });

export const guestReport = (id: string): WakeKey => wakeKey('guest', id);

/** What ports and guests there are, whatever happens to the service's process. */
export class Backends {
  readonly ports = new Map<string, string>();
  readonly guests = new Map<string, number>();
  readonly tombstones = new Map<string, number>();
  /** Guests that nobody told us to make twice, for operations that get it wrong. */
  made = 0;
  isHostGone = false;
  isNetworkGone = false;

  /** One port for each key, however often it is asked for. */
  async ensurePort(owner: string, key: string): Promise<string> {
    if (this.isNetworkGone) throw new Unavailable('toy.network.unavailable', 'The network cannot be reached.');
    this.ports.set(key, owner);
    return key;
  }

  async ensureNoPorts(owner: string): Promise<void> {
    if (this.isNetworkGone) throw new Unavailable('toy.network.unavailable', 'The network cannot be reached.');
    for (const [key, of] of this.ports) if (of === owner) this.ports.delete(key);
  }

  obey(contract: MessageContract, body: { id: string; generation: number }): MessageBody<typeof GuestSeen> | undefined {
    if (this.isHostGone) return undefined;
    const { id, generation } = body;
    if (generation < (this.guests.get(id) ?? 0) || generation <= (this.tombstones.get(id) ?? 0) && contract === EnsureGuest) return undefined;
    if (contract === EnsureGuest) this.guests.set(id, generation);
    else {
      this.guests.delete(id);
      this.tombstones.set(id, Math.max(generation, this.tombstones.get(id) ?? 0));
    }
    return contract === EnsureGuest ? { id, generation, power: 'running' } : { id, generation };
  }
}

/** What operations of toys are made with: the process's way to the world. */
export interface ToyProcess {
  backends: Backends;
  debts: Debts;
  /** Sends a command, which may be lost. */
  send: (contract: MessageContract, body: { id: string; generation: number }) => void;
}

export type ToyOperations = (process: ToyProcess) => AnyOperation[];

/** A service that makes toys: a port in a network and a guest on a host that is reached by messages. */
export class ToyWorld implements World {
  readonly backends = new Backends();
  private operations: Operations | undefined;

  constructor(readonly database: Database, readonly clock: World['clock'], private readonly kinds: ToyOperations) {}

  async boot(tools: ProcessTools): Promise<ProcessUnderTest> {
    const post = new Post(this.backends, tools.tap);
    const kinds = new Kinds({ 'toy.remove': ['toy.make'] });
    const debts = new Debts(this.clock);
    const send: ToyProcess['send'] = (contract, body) => post.send(contract, body);
    for (const operation of this.kinds({ backends: this.backends, debts, send })) kinds.register(operation);
    const operations = new Operations(kinds, this.clock);
    this.operations = operations;
    const engine = new Engine({ db: tools.database, kinds, operations, clock: this.clock, random: tools.random, aroundStep: tools.aroundStep });
    const seen = (body: MessageBody<typeof GuestSeen>): Promise<void> => this.noteGuest(tools.database, operations, body);
    return { settled: () => settle(engine, post, seen), kill: async () => undefined };
  }

  async start<Kind extends AnyOperation>(kind: OperationClass<Kind>, id: string): Promise<{ id: string }> {
    const { operations } = this;
    if (operations === undefined) throw new Error('Nothing was booted.');
    await this.database.transaction(async (tx) => {
      await tx.sql`INSERT INTO toy (id, state) VALUES (${id}, 'building') ON CONFLICT (id) DO UPDATE SET state = 'building', generation = toy.generation + 1`;
      await operations.start(tx, kind, { toyId: id }, { on: { id }, by: { requestId: 'req-toy' } });
    });
    return { id };
  }

  async assertSound(): Promise<void> {
    const toys = new Map((await this.database.sql<{ id: string; state: string }>`SELECT id, state FROM toy`).map(({ id, state }) => [id, state]));
    for (const [id, state] of toys) if (!['active', 'error'].includes(state)) throw new Error(`Toy ${id} is left ${state}.`);
    const owed = new Set((await this.database.sql<{ resource_id: string }>`SELECT resource_id FROM debt WHERE paid_at IS NULL`).map((row) => row.resource_id));
    const owners = [...this.backends.ports.values(), ...this.backends.guests.keys()];
    for (const owner of owners) if (toys.get(owner) !== 'active' && !owed.has(owner)) throw new Error(`Something of toy ${owner} is left without an owner.`);
  }

  async close(): Promise<void> {
    await this.database.sql`TRUNCATE toy, toy_seen, operation, operation_step, debt`;
  }

  private async noteGuest(db: Database, operations: Operations, { id, generation, power }: MessageBody<typeof GuestSeen>): Promise<void> {
    await db.transaction(async (tx: Tx) => {
      await tx.sql`
        INSERT INTO toy_seen (id, generation, power) VALUES (${id}, ${generation}, ${power ?? null})
        ON CONFLICT (id) DO UPDATE SET generation = excluded.generation, power = excluded.power WHERE toy_seen.generation <= excluded.generation`;
      await operations.wake(tx, guestReport(id));
    });
  }
}

export interface Toy { id: string; state: string; generation: number }

export async function findToy(db: Reader, id: string): Promise<Toy> {
  const [toy] = await db.sql<Toy>`SELECT * FROM toy WHERE id = ${id}`;
  if (toy === undefined) throw new Error('no such toy');
  return toy;
}

export async function findGuest(db: Reader, id: string): Promise<{ generation: number; power: string | null } | undefined> {
  const [guest] = await db.sql<{ generation: number; power: string | null }>`SELECT * FROM toy_seen WHERE id = ${id}`;
  return guest;
}

type Letter = { contract: MessageContract; body: { id: string; generation: number } };

/** Carries messages between the process and the host; what was on its way when the process died still arrives at the host. */
class Post {
  readonly toHost: Letter[] = [];
  readonly toService: MessageBody<typeof GuestSeen>[] = [];

  constructor(private readonly backends: Backends, private readonly tap: MessageTap) {}

  send(contract: MessageContract, body: Letter['body']): void {
    for (let copies = this.tap({ id: '', ...contract }); copies > 0; copies--) this.toHost.push({ contract, body });
  }

  /** Whether anything was on its way. */
  async deliver(seen: (body: MessageBody<typeof GuestSeen>) => Promise<void>): Promise<boolean> {
    const [letters, reports] = [this.toHost.splice(0), this.toService.splice(0)];
    for (const { contract, body } of letters) {
      const report = this.backends.obey(contract, body);
      for (let copies = report === undefined ? 0 : this.tap({ id: '', ...GuestSeen }); copies > 0; copies--) if (report) this.toService.push(report);
    }
    for (const report of reports) await seen(report);
    return letters.length + reports.length > 0;
  }
}

async function settle(engine: Engine, post: Post, seen: (body: MessageBody<typeof GuestSeen>) => Promise<void>): Promise<void> {
  do await engine.settled(); while (await post.deliver(seen));
}

export const patience: Duration = seconds(20);
