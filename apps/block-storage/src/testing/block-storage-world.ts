import 'reflect-metadata';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CallContract, CallReply, CallRequest } from '@virga/contract';
import { Authenticator, HttpServers, IdempotencyGuard } from '@virga/http';
import { MasterKey } from '@virga/identity-client';
import { newId, type Clock, type Duration } from '@virga/kernel';
import { ServiceBus, type MessageTap } from '@virga/messaging';
import { Outbox } from '@virga/messaging/outbox';
import { silentLogger } from '@virga/observability';
import { DebtCollector, Engine, type OperationsOptions } from '@virga/operations';
import { Database, IdempotentRequests, PostgresDatabase } from '@virga/persistence';
import { Reconciliation, type PassReport } from '@virga/reconcile';
import { apiClient, emptyTables, Lasting, ManualClock, PersonaAuthenticator, standIn, tablesOf, type ApiAnswer, type ApiRequest } from '@virga/testing';
import { BlockStorageApp } from '../app.module.js';
import { InProcessBus } from './in-process-bus.js';
import { anImage, SimulatedSurroundings } from './simulated-surroundings.js';

/** The parts of a process that a test may replace: the crash harness's tools, for example. */
export interface ProcessParts {
  database: Database;
  /** Where repeated requests are remembered; absent: nowhere. */
  memory?: PostgresDatabase;
  tap?: MessageTap;
  operations?: Partial<OperationsOptions>;
  servesApi?: boolean;
}

/** The image that every world knows. */
export const IMAGE = '22222222-2222-4222-8222-222222222222';

/** What each storage host's key is derived from. */
export const STORAGE_SECRET = 'the storage secret of tests';

/** `inVersion('3.27')` asks for that microversion of the block storage API. */
export function inVersion(version: string): Record<string, string> {
  return { 'openstack-api-version': `volume ${version}` };
}

/** The newest microversion: what the world's own requests speak. */
export const LATEST = '3.70';

/** A block storage service in this process, with a real database, and simulated storage hosts around it that outlive it. Nothing moves but through `settled`. */
export class BlockStorageWorld {
  readonly cloud = new SimulatedSurroundings();
  private process: BlockStorageProcess | undefined;

  constructor(readonly database: PostgresDatabase, readonly clock: ManualClock = new ManualClock()) {
    this.cloud.images.set(IMAGE, anImage(IMAGE));
    this.cloud.compute.ask = (contract, request) => this.ask(contract, request);
  }

  /** Starts the service anew, with nothing in its memory. */
  async start(parts: Partial<ProcessParts> = {}): Promise<BlockStorageProcess> {
    this.process = await BlockStorageProcess.start(this.cloud, this.database, this.clock, { database: this.database, memory: this.database, ...parts });
    return this.process;
  }

  /** Lets the process that has served the former worlds of this database serve this one; nothing of those is left. */
  async enter(): Promise<this> {
    await this.clear();
    this.process = await lasting.serve(this);
    return this;
  }

  get running(): BlockStorageProcess {
    if (this.process === undefined) throw new Error('The service was not started.');
    return this.process;
  }

  /** One storage host `node-1` with a backend `file` of 1000 GiB: what most tests need. */
  async furnish(): Promise<this> {
    await this.cloud.addHost('node-1');
    await this.settled();
    return this;
  }

  /** Projects may have as much as they like. */
  async unlimited(resources: readonly string[] = ['volumes', 'gigabytes', 'snapshots', 'backups', 'backup_gigabytes', 'groups']): Promise<void> {
    for (const resource of resources) await this.limit(resource, -1);
  }

  /** The limit for every project that has none of its own. */
  async limit(resource: string, limit: number): Promise<void> {
    await this.database.sql`
      INSERT INTO identity.registered_limit (id, service_id, region_id, resource_name, default_limit)
      SELECT ${resource}, id, NULL, ${resource}, ${limit} FROM identity.service WHERE type = 'block-storage'
      ON CONFLICT (id) DO UPDATE SET default_limit = excluded.default_limit`;
  }

  /** As it comes, at microversion 3.0 unless the headers say otherwise. */
  request(request: ApiRequest): Promise<ApiAnswer> {
    return this.running.request(request);
  }

  /** `await world.api('GET', '/volumes/detail')`: at the newest microversion, as alice; the answer's body. Throws where it is an error. */
  async api<Body = Record<string, never>>(method: string, path: string, body?: unknown, { as = 'alice', version = LATEST } = {}): Promise<Body> {
    const answer = await this.try(method, path, body, { as, version });
    if (answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  }

  /** The same; the whole answer, also an error. */
  try(method: string, path: string, body?: unknown, { as = 'alice', version = LATEST } = {}): Promise<ApiAnswer> {
    return this.request({ as, method, url: `/v3${path}`, headers: inVersion(version), ...(body !== undefined && { body }) });
  }

  /** Runs what is due and carries what is on its way, until nothing moves. */
  settled(): Promise<void> {
    return this.running.settled();
  }

  /** Lets time pass; hosts that are there say so, as they do all the time. */
  async pass(by: Duration): Promise<void> {
    this.clock.advance(by);
    for (const host of this.cloud.hosts.values()) await host.announce();
    await this.settled();
  }

  reconcile(name: string): Promise<PassReport> {
    return this.running.app.get(Reconciliation).runOnce(name, new AbortController().signal);
  }

  /** Asks the service what another service would ask over the bus. */
  ask<Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>): Promise<CallReply<Contract>> {
    return this.running.bus.ask(contract, request);
  }

  /** Asks for a volume as alice and answers its id; it is `creating`. */
  async createVolume(volume: Record<string, unknown> = {}, as = 'alice'): Promise<string> {
    const made = await this.api<{ volume: { id: string } }>('POST', '/volumes', { volume: { name: 'data', size: 1, ...volume } }, { as });
    return made.volume.id;
  }

  /** A volume that is available. */
  async availableVolume(volume: Record<string, unknown> = {}, as = 'alice'): Promise<string> {
    const id = await this.createVolume(volume, as);
    await this.settled();
    return id;
  }

  /** The volume as an administrator sees it, at the newest version. */
  async volume(id: string): Promise<Record<string, unknown>> {
    return (await this.api<{ volume: Record<string, unknown> }>('GET', `/volumes/${id}`, undefined, { as: 'admin' })).volume;
  }

  /** The status as the row has it, `deleted` included. */
  async status(id: string): Promise<string> {
    const [row] = await this.database.sql<{ status: string }>`SELECT status FROM volume WHERE id = ${id}`;
    return row?.status ?? 'unknown';
  }

  /** `await world.act(id, { 'os-extend': { new_size: 2 } })` */
  act(id: string, body: object, { as = 'alice', version = LATEST } = {}): Promise<ApiAnswer> {
    return this.try('POST', `/volumes/${id}/action`, body, { as, version });
  }

  /** A snapshot of the volume that is available. */
  async availableSnapshot(volume: string, snapshot: Record<string, unknown> = {}, as = 'alice'): Promise<string> {
    const made = await this.api<{ snapshot: { id: string } }>('POST', '/snapshots', { snapshot: { volume_id: volume, name: 'before', ...snapshot } }, { as });
    await this.settled();
    return made.snapshot.id;
  }

  /** A group of alice's with so many volumes. */
  async availableGroup({ volumes = 0, specs = {} }: { volumes?: number; specs?: Record<string, string> } = {}): Promise<string> {
    const { group_type: type } = await this.api<{ group_type: { id: string } }>('POST', '/group_types', { group_type: { name: newId(), group_specs: specs } }, { as: 'admin' });
    const { group } = await this.api<{ group: { id: string } }>('POST', '/groups', { group: { name: 'web', group_type: type.id, volume_types: ['__DEFAULT__'] } });
    for (let i = 0; i < volumes; i++) await this.availableVolume({ group_id: group.id });
    return group.id;
  }

  /** A group snapshot that is available. */
  async availableGroupSnapshot(group: string): Promise<string> {
    const made = await this.api<{ group_snapshot: { id: string } }>('POST', '/group_snapshots', { group_snapshot: { group_id: group, name: 'before' } });
    await this.settled();
    return made.group_snapshot.id;
  }

  /** Rows of a table. */
  async count(table: string): Promise<number> {
    if (!/^[a-z_]+$/.test(table)) throw new Error(`${table} is no table.`);
    const { rows } = await this.database.withConnection((connection) => connection.query<{ count: string }>(`SELECT count(*) FROM ${table}`));
    return Number(rows[0]?.count);
  }

  async stop(): Promise<void> {
    await this.process?.close();
    await this.clear();
  }

  /** Empties the database, but for what migrations have put there: the default volume type. */
  async clear(): Promise<void> {
    const tables = await tablesOf(this.database, 'block_storage', ['volume_type']);
    await emptyTables(this.database, [...tables, 'identity.project_limit', 'identity.registered_limit']);
    await this.database.withConnection(async (connection) => {
      await connection.query(`
        INSERT INTO volume_type (id, name, description) SELECT gen_random_uuid(), '__DEFAULT__', 'Default Volume Type'
        WHERE NOT EXISTS (SELECT FROM volume_type WHERE name = '__DEFAULT__' AND deleted_at IS NULL)`);
      await connection.query(`DELETE FROM volume_type WHERE name <> '__DEFAULT__' OR deleted_at IS NOT NULL`);
    });
  }
}

/** One life of the service's process. */
export class BlockStorageProcess {
  readonly request: (request: ApiRequest) => Promise<ApiAnswer>;

  private constructor(readonly app: INestApplicationContext, readonly bus: InProcessBus, private readonly database: Database) {
    this.request = apiClient(() => app.get(HttpServers).server('block-storage'));
  }

  static async start(cloud: SimulatedSurroundings, database: Database, clock: Clock, parts: ProcessParts): Promise<BlockStorageProcess> {
    const bus = new InProcessBus(cloud, parts.tap);
    const app = await NestFactory.createApplicationContext(BlockStorageApp.forRoot({
      persistence: given({ provide: Database, useValue: parts.database }, { provide: PostgresDatabase, useValue: parts.database }, ...memoryIn(parts.memory, clock)),
      messaging: [given({ provide: ServiceBus, useValue: bus }, { provide: Outbox, useValue: new Outbox(clock) })],
      authentication: given({ provide: Authenticator, useClass: PersonaAuthenticator }),
      listen: parts.servesApi === false ? undefined : { host: '127.0.0.1', port: 0 },
      authUrl: 'http://127.0.0.1:5000', logger: silentLogger, clock, ticketKey: Buffer.alloc(32, 1), masterKey: new MasterKey(Buffer.alloc(32, 2)),
      backups: { place: 'objects', objectsUrl: 'http://objects.test:8080', passKey: Buffer.alloc(32, 3) }, storageSecret: STORAGE_SECRET, isDriven: false, operations: parts.operations ?? {},
      defaultGroupType: 'standard',
    }), { logger: false, abortOnError: false });
    return new BlockStorageProcess(app, bus, database);
  }

  async settled(): Promise<void> {
    do {
      await this.app.get(Engine).settled();
      await this.app.get(DebtCollector).settled();
    } while (await this.bus.deliver(this.database));
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** Frees the port of a process that is dead, or may be; nothing of it is finished. */
  abandon(): Promise<void> {
    return this.app.get(HttpServers).beforeApplicationShutdown();
  }
}

/** A service keeps nothing in its memory that one world could not share with the next; starting it takes longer than most tests. */
const lasting = new Lasting<BlockStorageWorld, BlockStorageProcess>(
  async (present) => {
    const { database } = present();
    return BlockStorageProcess.start(standIn(() => present().cloud), database, standIn(() => present().clock), { database, memory: database });
  },
  (process) => process.close(),
);

type Provider = NonNullable<DynamicModule['providers']>[number] & { provide: unknown };

function memoryIn(database: PostgresDatabase | undefined, clock: Clock): Provider[] {
  return database === undefined ? [] : [{ provide: IdempotencyGuard, useValue: new IdempotentRequests(database, clock) }];
}

/** A global module of the given providers. */
function given(...providers: Provider[]): DynamicModule {
  @Module({})
  class Given {}
  return { module: Given, global: true, providers, exports: providers.map(({ provide }) => provide as symbol) };
}
