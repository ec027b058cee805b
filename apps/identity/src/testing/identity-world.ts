import { randomBytes } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HttpServers } from '@virga/http';
import { MasterKey } from '@virga/identity-client';
import { milliseconds } from '@virga/kernel';
import { silentLogger } from '@virga/observability';
import type { PostgresDatabase } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { IdentityApp } from '../app.module.js';
import { bootstrap, cloudPlan } from '../bootstrap/index.js';
import { allMigrations } from '../migrations.js';

export interface Answer {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  // Tests look into replies freely.
  // eslint-disable-next-line ts/no-explicit-any
  body: any;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export const ADMIN_PASSWORD = 'admin-secret';

const PORTS = { identity: 5000, compute: 8774, placement: 8778, network: 9696, image: 9292, blockStorage: 8776, objectStorage: 8080 };

/** The whole identity service in process on a database of its own, bootstrapped. */
export class IdentityWorld {
  readonly clock = new ManualClock();
  app!: INestApplicationContext;

  constructor(readonly db: PostgresDatabase & { readonly url: string }) {}

  async start(): Promise<void> {
    await this.bootstrap();
    this.app = await NestFactory.createApplicationContext(IdentityApp.forRoot({
      database: { url: this.db.url, poolSize: 5 }, listen: { host: '127.0.0.1', port: 0 }, authUrl: 'http://identity', masterKey: new MasterKey(randomBytes(32)),
      logger: silentLogger, clock: this.clock,
    }), { logger: false });
  }

  bootstrap(): Promise<void> {
    return bootstrap(this.db, {
      plan: cloudPlan({ region: 'RegionOne', publicHost: 'cloud.example', ports: PORTS }), adminPassword: ADMIN_PASSWORD, servicePasswords: { nova: 'nova-secret' },
    });
  }

  /** Sends a request with a token and lets less than a second pass after changes, so that they must be in force. */
  async ask(token: string, method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isChange = method !== 'GET' && method !== 'HEAD';
    if (isChange) this.clock.advance(milliseconds(1));
    const answer = await this.app.get(HttpServers).server('identity').inject({
      method, url: path === '/' ? '/' : `/v3${path}`,
      headers: { ...(token !== '' && { 'x-auth-token': token }), ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    if (isChange) this.clock.advance(milliseconds(500));
    return { status: answer.statusCode, headers: answer.headers, body: answer.body === '' ? undefined : JSON.parse(answer.body) };
  }

  authenticate(identity: unknown, scope?: unknown, path = '/auth/tokens'): Promise<Answer> {
    return this.ask('', 'POST', path, { auth: { identity, ...(scope !== undefined && { scope }) } });
  }

  /** A token for a user of the default domain by its password. */
  async login(name: string, password: string, scope?: unknown): Promise<string> {
    const answer = await this.authenticate(byPassword(name, password), scope);
    if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return String(answer.headers['x-subject-token']);
  }

  admin(): Promise<string> {
    return this.login('admin', ADMIN_PASSWORD, onProject('admin'));
  }

  /** A user of the default domain with roles on a project of the same domain; answers ids and a token. */
  async person(name: string, projectName: string, roles: readonly string[]): Promise<{ userId: string; projectId: string; token: string }> {
    const admin = await this.admin();
    const projectId = await this.ensure(admin, 'projects', 'project', { name: projectName, domain_id: 'default' });
    const userId = await this.ensure(admin, 'users', 'user', { name, domain_id: 'default', password: `${name}-secret` });
    for (const role of roles) await this.ask(admin, 'PUT', `/projects/${projectId}/users/${userId}/roles/${await this.roleId(role)}`);
    return { userId, projectId, token: await this.login(name, `${name}-secret`, onProject(projectName)) };
  }

  async roleId(name: string): Promise<string> {
    return (await this.db.sql<{ id: string }>`SELECT id FROM role WHERE name = ${name} AND domain_id IS NULL`)[0]?.id ?? '';
  }

  private async ensure(token: string, collection: string, key: string, body: { name: string; [attribute: string]: unknown }): Promise<string> {
    const found = await this.ask(token, 'GET', `/${collection}?name=${body.name}&domain_id=default`);
    if (found.body[collection].length > 0) return found.body[collection][0].id as string;
    return (await this.ask(token, 'POST', `/${collection}`, { [key]: body })).body[key].id as string;
  }
}

export const byPassword = (name: string, password: string, domain: object = { id: 'default' }) =>
  ({ methods: ['password'], password: { user: { name, password, domain } } });

export const onProject = (name: string) => ({ project: { name, domain: { id: 'default' } } });

/** Gives the test file a running identity service; call it inside `describe`. */
export function useIdentity(): IdentityWorld {
  const running: IdentityWorld[] = [];
  // Before the database goes: hooks run in the order in which they are written.
  afterAll(async () => {
    for (const world of running) await world.app.close();
  });
  const world = new IdentityWorld(useDatabase({ schema: 'identity', migrations: allMigrations }));
  beforeAll(async () => {
    await world.start();
    running.push(world);
  }, 60_000);
  return world;
}
