import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LocalObjectStore, type LocalStoreOptions } from '@virga/driver-objects-local';
import { identityMigrations, MasterKey } from '@virga/identity-client';
import { days } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import type { PostgresDatabase } from '@virga/persistence';
import { ManualClock, useDatabase, type Persona } from '@virga/testing';
import { Accounts } from '../accounts/index.js';
import { ObjectStorageApp, type ObjectStorageAppOptions } from '../app.module.js';
import { Containers } from '../containers/index.js';
import { FrontServer } from '../front/index.js';
import { objectStorageMigrations } from '../migrations/index.js';
import { Objects } from '../objects/index.js';
import { personaIdentity } from './persona-keys.js';

/** The service as tests see it. */
export interface ObjectStorageScene {
  /** `http://127.0.0.1:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly app: INestApplicationContext;
  /** The service's own schema, opened a second time. */
  readonly database: PostgresDatabase & { readonly url: string };
  /** Stands still until it is moved. */
  readonly clock: ManualClock;
  readonly storeDirectory: string;
  readonly accounts: Accounts;
  readonly containers: Containers;
  readonly objects: Objects;
  /** Another process of the service on the same database and store, ended with the first. */
  startReplica(): Promise<INestApplicationContext>;
  /** A request over the wire, as a persona (`X-Auth-Token`) or, absent, as nobody. The path begins with a slash. */
  request(path: string, options?: RequestInit & { as?: Persona; duplex?: 'half' }): Promise<Response>;
}

export interface SceneOptions extends Partial<Omit<ObjectStorageAppOptions, 'database' | 'listen'>> {
  database?: Partial<ObjectStorageAppOptions['database']>;
  /** For the store `local`, which is used unless `stores` are given. */
  localStore?: Partial<LocalStoreOptions>;
}

/**
 * Runs the whole object storage service for a test file: a database and a store of its own, a free port on loopback, personas
 * (libs/testing) for tokens. Call it inside `describe`; everything of it exists from `beforeAll` to `afterAll`.
 *
 *     const storage = useObjectStorage();
 *     it('…', async () => { const answer = await storage.request(`/v1/${accountOf('alice')}`, { as: 'alice' }); });
 */
export function useObjectStorage(options: SceneOptions = {}): ObjectStorageScene {
  const database = useDatabase({ schema: 'object_storage', migrations: objectStorageMigrations, others: { identity: identityMigrations } });
  const clock = new ManualClock();
  let app: INestApplicationContext | undefined;
  let storeDirectory = '';
  const local: LocalObjectStore[] = [];
  const running = (): INestApplicationContext => {
    if (app === undefined) throw new Error('Object storage runs only while tests run.');
    return app;
  };
  const replicas: INestApplicationContext[] = [];
  async function start(): Promise<INestApplicationContext> {
    const store = await LocalObjectStore.open(storeDirectory, clock, options.localStore);
    local.push(store);
    return NestFactory.createApplicationContext(ObjectStorageApp.forRoot({
      listen: { host: '127.0.0.1', port: 0 }, logger: silentLogger, clock, stores: [store],
      masterKey: new MasterKey(Buffer.alloc(32, 7)), authentication: personaIdentity(),
      settings: {
        region: 'RegionOne', rootKeyLifetime: days(90), publicUrl: 'http://objects.test:8080', bucketDomains: ['objects.test'],
        policies: [{ name: 'Policy-0', isDefault: true, store: 'local' }, { name: 'silver', isDefault: false, store: 'local' }],
      },
      ...options, database: { ...options.database, url: database.url },
    }), { logger: false, abortOnError: false });
  }

  beforeAll(async () => {
    storeDirectory = await mkdtemp(join(tmpdir(), 'virga-objects-'));
    app = await start();
  }, 120_000);
  afterAll(async () => {
    await Promise.all([app, ...replicas].map((process) => process?.close()));
    await Promise.all(local.map((store) => store.close()));
    await rm(storeDirectory, { recursive: true, force: true });
  });
  return {
    get port() { return running().get(FrontServer).port; },
    get url() { return `http://127.0.0.1:${this.port}`; },
    get app() { return running(); },
    database, clock,
    get storeDirectory() { return storeDirectory; },
    get accounts() { return running().get(Accounts); },
    get containers() { return running().get(Containers); },
    get objects() { return running().get(Objects); },
    async startReplica() {
      const replica = await start();
      replicas.push(replica);
      return replica;
    },
    request(path, { as, headers, ...init } = {}) {
      return fetch(this.url + path, { ...init, headers: { ...(as !== undefined && { 'x-auth-token': as }), ...Object.fromEntries(new Headers(headers)) } });
    },
  };
}

