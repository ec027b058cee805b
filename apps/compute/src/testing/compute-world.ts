import 'reflect-metadata';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CallContract, CallReply, CallRequest } from '@virga/contract';
import { Authenticator, HttpServers, IdempotencyGuard } from '@virga/http';
import type { Clock, Duration } from '@virga/kernel';
import { ServiceBus, type MessageTap } from '@virga/messaging';
import { Outbox } from '@virga/messaging/outbox';
import { silentLogger } from '@virga/observability';
import { DebtCollector, Engine, type OperationsOptions } from '@virga/operations';
import { Database, IdempotentRequests, PostgresDatabase } from '@virga/persistence';
import { Reconciliation, type PassReport } from '@virga/reconcile';
import { apiClient, emptyTables, Lasting, ManualClock, PersonaAuthenticator, standIn, tablesOf, type ApiAnswer, type ApiRequest } from '@virga/testing';
import { ComputeApp } from '../app.module.js';
import type { PeerUrls } from '../peers/index.js';
import { InProcessBus } from './in-process-bus.js';
import { aBootImage, SimulatedCloud } from './simulated-cloud.js';

/** The parts of a process that a test may replace: the crash harness's tools, for example. */
export interface ProcessParts {
  database: Database;
  /** Where repeated requests are remembered; absent: nowhere. */
  memory?: PostgresDatabase;
  tap?: MessageTap;
  operations?: Partial<OperationsOptions>;
  servesApi?: boolean;
  /** Where the network and image services' APIs are; nobody answers there unless a test says otherwise. */
  peers?: PeerUrls;
}

/** Starts peers that answer for a cloud, and says where they are. */
export type Connect = (cloud: Pick<SimulatedCloud, 'network' | 'images'>) => Promise<PeerUrls>;

export const FLAVOR = 'small';
/** What the hosts' keys for signing guests' metadata requests are derived from. */
export const METADATA_SECRET = 'no host has it';
export const IMAGE = '22222222-2222-4222-8222-222222222222';

/** A compute service in this process, with a real database, and a simulated cloud around it that outlives it. Nothing moves but through `settled`. */
export class ComputeWorld {
  readonly cloud = new SimulatedCloud();
  /** Where the peers of the next process are; nobody answers there unless a test says otherwise. */
  peerUrls: PeerUrls = { network: 'http://127.0.0.1:9', image: 'http://127.0.0.1:9', blockStorage: 'http://127.0.0.1:9' };
  private process: ComputeProcess | undefined;

  constructor(readonly database: PostgresDatabase, readonly clock: ManualClock = new ManualClock(), readonly connect?: Connect) {
    this.cloud.images.set(IMAGE, aBootImage(IMAGE));
  }

  /** Starts the service anew, with nothing in its memory. */
  async start(parts: Partial<ProcessParts> = {}): Promise<ComputeProcess> {
    this.process = await ComputeProcess.start(this.cloud, this.database, this.clock, { database: this.database, memory: this.database, peers: this.peerUrls, ...parts });
    return this.process;
  }

  /** Lets the process that has served the former worlds of this database serve this one; nothing of those is left. */
  async enter(): Promise<this> {
    await this.clear();
    const { process, peers } = await lasting.serve(this);
    this.process = process;
    this.peerUrls = peers;
    return this;
  }

  get running(): ComputeProcess {
    if (this.process === undefined) throw new Error('The service was not started.');
    return this.process;
  }

  /** Flavors and one host: what most tests need. */
  async furnish(): Promise<this> {
    await this.addFlavor(FLAVOR, { vcpus: 1, memoryMebibytes: 512, rootGibibytes: 1 });
    this.cloud.addHost('node-1');
    await this.settled();
    return this;
  }

  async addFlavor(id: string, { vcpus, memoryMebibytes, rootGibibytes, extraSpecs = {} }: { vcpus: number; memoryMebibytes: number; rootGibibytes: number; extraSpecs?: object }): Promise<void> {
    await this.database.sql`
      INSERT INTO flavor (flavor_id, name, vcpus, memory_mebibytes, root_gibibytes, extra_specs)
      VALUES (${id}, ${`m1.${id}`}, ${vcpus}, ${memoryMebibytes}, ${rootGibibytes}, ${JSON.stringify(extraSpecs)})`;
  }

  /** Projects may have as many servers as they like. */
  async unlimited(): Promise<void> {
    for (const resource of ['instances', 'cores', 'ram', 'server_groups']) {
      await this.database.sql`
        INSERT INTO identity.registered_limit (id, service_id, region_id, resource_name, default_limit)
        SELECT ${resource}, id, NULL, ${resource}, -1 FROM identity.service WHERE type = 'compute' ON CONFLICT DO NOTHING`;
    }
  }

  request(request: ApiRequest): Promise<ApiAnswer> {
    return this.running.request(request);
  }

  /** Runs what is due and carries what is on its way, until nothing moves. */
  settled(): Promise<void> {
    return this.running.settled();
  }

  /** Lets time pass; hosts that are there say so, as they do all the time. */
  async pass(by: Duration): Promise<void> {
    this.clock.advance(by);
    for (const host of this.cloud.hosts.values()) host.announce();
    await this.settled();
  }

  reconcile(name: string): Promise<PassReport> {
    return this.running.app.get(Reconciliation).runOnce(name, new AbortController().signal);
  }

  /** Asks for a server as alice and answers its id. */
  async createServer(body: Record<string, unknown> = {}, as = 'alice'): Promise<string> {
    const answer = await this.request({
      as, method: 'POST', url: '/v2.1/servers', headers: { 'openstack-api-version': 'compute 2.90' },
      body: { server: { name: 'web', flavorRef: FLAVOR, imageRef: IMAGE, networks: 'auto', ...body } },
    });
    if (answer.status !== 202) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return (answer.body as { server: { id: string } }).server.id;
  }

  /** A server that is ACTIVE. */
  async activeServer(body: Record<string, unknown> = {}, as = 'alice'): Promise<string> {
    const id = await this.createServer(body, as);
    await this.settled();
    return id;
  }

  /** The server as an administrator sees it, at the newest version. */
  async server(id: string): Promise<Record<string, unknown>> {
    const answer = await this.request({ as: 'admin', method: 'GET', url: `/v2.1/servers/${id}`, headers: { 'openstack-api-version': 'compute 2.93' } });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return (answer.body as { server: Record<string, unknown> }).server;
  }

  async status(id: string): Promise<string> {
    const [row] = await this.database.sql<{ state: string }>`SELECT state FROM server WHERE id = ${id}`;
    return row?.state === 'deleted' ? 'DELETED' : String((await this.server(id))['status']);
  }

  /** `await world.act(id, { reboot: { type: 'HARD' } })` */
  act(id: string, body: object, as = 'alice', version = '2.93'): Promise<ApiAnswer> {
    return this.request({ as, method: 'POST', url: `/v2.1/servers/${id}/action`, body, headers: { 'openstack-api-version': `compute ${version}` } });
  }

  /** Asks the service what another service would ask over the bus. */
  ask<Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>): Promise<CallReply<Contract>> {
    return this.running.bus.ask(contract, request);
  }

  async count(table: 'allocation' | 'consumer' | 'server' | 'operation' | 'debt'): Promise<number> {
    const tables = { allocation: 'allocation', consumer: 'consumer', server: 'server', operation: 'operation', debt: 'debt' };
    const { rows } = await this.database.withConnection((connection) => connection.query<{ count: string }>(`SELECT count(*) FROM ${tables[table]}`));
    return Number(rows[0]?.count);
  }

  async stop(): Promise<void> {
    await this.process?.close();
    await this.clear();
  }

  /** Empties the database. */
  async clear(): Promise<void> {
    await emptyTables(this.database, [...await tablesOf(this.database, 'compute'), 'identity.project_limit', 'identity.registered_limit']);
  }
}

/** One life of the service's process. */
export class ComputeProcess {
  readonly request: (request: ApiRequest) => Promise<ApiAnswer>;

  private constructor(readonly app: INestApplicationContext, readonly bus: InProcessBus, private readonly database: Database) {
    this.request = apiClient(() => app.get(HttpServers).server('compute'));
  }

  static async start(cloud: SimulatedCloud, database: Database, clock: Clock, parts: ProcessParts): Promise<ComputeProcess> {
    const bus = new InProcessBus(cloud, parts.tap);
    const app = await NestFactory.createApplicationContext(ComputeApp.forRoot({
      persistence: given({ provide: Database, useValue: parts.database }, { provide: PostgresDatabase, useValue: parts.database }, ...memoryIn(parts.memory, clock)),
      messaging: [given({ provide: ServiceBus, useValue: bus }, { provide: Outbox, useValue: new Outbox(clock) })],
      authentication: given({ provide: Authenticator, useClass: PersonaAuthenticator }),
      listen: parts.servesApi === false ? undefined : { host: '127.0.0.1', port: 0 },
      ...(parts.servesApi !== false && { placement: { host: '127.0.0.1', port: 0 }, guestMetadata: { listen: { host: '127.0.0.1', port: 0 }, secret: METADATA_SECRET } }),
      peers: parts.peers ?? { network: 'http://127.0.0.1:9', image: 'http://127.0.0.1:9', blockStorage: 'http://127.0.0.1:9' },
      authUrl: 'http://127.0.0.1:5000', logger: silentLogger, clock, ticketKey: Buffer.alloc(32, 1), isDriven: false, operations: parts.operations ?? {},
    }), { logger: false, abortOnError: false });
    return new ComputeProcess(app, bus, database);
  }

  async settled(): Promise<void> {
    do {
      await this.app.get(Engine).settled();
      await this.app.get(DebtCollector).settled();
    } while (await this.bus.deliver(this.database));
  }

  /** Events of block storage come, and nothing else happens. */
  tell(): Promise<void> {
    return this.bus.tellOfVolumes();
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
const lasting = new Lasting<ComputeWorld, { process: ComputeProcess; peers: PeerUrls }>(
  async (present) => {
    const { database, connect, peerUrls } = present();
    const peers = await connect?.({ network: standIn(() => present().cloud.network), images: standIn(() => present().cloud.images) }) ?? peerUrls;
    const [cloud, clock] = [standIn(() => present().cloud), standIn(() => present().clock)];
    return { peers, process: await ComputeProcess.start(cloud, database, clock, { database, memory: database, peers }) };
  },
  ({ process }) => process.close(),
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

