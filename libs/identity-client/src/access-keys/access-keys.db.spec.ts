import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { milliseconds, minutes } from '@virga/kernel';
import { countStatements, Database, openDatabase, type PostgresDatabase } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { IdentityModule } from '../identity.module.js';
import { identityMigrations } from '../migrations/index.js';
import { MasterKey } from '../secret-box.js';
import { TokenVerifier } from '../verification/token-verifier.js';
import { accessKeyId, credentialBox } from './access-key.js';
import { AccessKeys } from './access-keys.js';

describe('AccessKeys', () => {
  afterAll(() => other.close());
  const db = useDatabase({ schema: 'identity', migrations: identityMigrations });
  const clock = new ManualClock();
  const masterKey = new MasterKey(randomBytes(32));
  let other: PostgresDatabase;
  let here: AccessKeys;
  let elsewhere: AccessKeys;

  beforeAll(async () => {
    other = await openDatabase({ url: db.url, schema: 'object_storage', applicationName: 'test' });
  });

  beforeEach(async () => {
    await db.sql`TRUNCATE project, "user", role, credential, trust, application_credential CASCADE`;
    await db.sql`INSERT INTO project (id, name, is_domain, domain_id, parent_id, ancestors) VALUES
      ('d', 'Default', true, NULL, NULL, '{}'), ('p', 'demo', false, 'd', 'd', '{d}'), ('q', 'second', false, 'd', 'd', '{d}')`;
    await db.sql`INSERT INTO "user" (id, domain_id, name) VALUES ('u', 'd', 'alice'), ('v', 'd', 'bob')`;
    await db.sql`INSERT INTO role (id, name) VALUES ('admin', 'admin'), ('member', 'Member'), ('reader', 'reader')`;
    await db.sql`INSERT INTO implied_role VALUES ('member', 'reader')`;
    await db.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES ('u', 'p', 'member'), ('u', 'p', 'admin')`;
    await keep('AK', { access: 'AK', secret: 'sesame' });
    [here, elsewhere] = [keys(), keys()];
  });

  const keys = () => new AccessKeys(other, new TokenVerifier(other, clock), clock, masterKey);

  async function keep(access: string, blob: unknown, { userId = 'u', projectId = 'p' as string | null, type = 'ec2' } = {}): Promise<void> {
    const id = accessKeyId(access);
    const sealed = credentialBox(masterKey).seal(typeof blob === 'string' ? blob : JSON.stringify(blob), id);
    await db.sql`INSERT INTO credential (id, user_id, project_id, type, sealed_blob) VALUES (${id}, ${userId}, ${projectId}, ${type}, ${sealed})`;
  }

  const rolesOf = async (access = 'AK', from = here) => {
    const found = await from.find(access, 'req-1');
    return found && [...found.caller.roles].sort();
  };

  it('gives the secret and the caller that a token of its user for its project would stand for', async () => {
    const found = await here.find('AK', 'req-1');
    expect(found?.secret.toString()).toBe('sesame');
    expect(found?.caller).toEqual({
      userId: 'u', userName: 'alice', userDomainId: 'd', userDomainName: 'Default', projectId: 'p',
      scope: { kind: 'project', projectId: 'p', projectName: 'demo', projectDomainId: 'd', projectDomainName: 'Default' },
      roles: new Set(['admin', 'member', 'reader']), roleIds: ['member', 'admin', 'reader'],
      token: '', auditIds: [], expiresAt: Number.MAX_SAFE_INTEGER, requestId: 'req-1',
    });
  });

  it('finds nothing for unknown keys, other types, no project, and blobs that are not this key', async () => {
    await keep('typed', { access: 'typed', secret: 's' }, { type: 'cert' });
    await keep('homeless', { access: 'homeless', secret: 's' }, { projectId: null });
    await keep('renamed', { access: 'another', secret: 's' });
    await keep('empty', { access: 'empty', secret: '' });
    await keep('broken', 'nonsense');
    await keep('roleless', { access: 'roleless', secret: 's' }, { projectId: 'q' });
    for (const access of ['no-such', '', 'typed', 'homeless', 'renamed', 'another', 'empty', 'broken', 'roleless']) expect([access, await here.find(access, 'r')]).toEqual([access, undefined]);
  });

  it('asks the database nothing for a key it knows, until its knowledge is 400 ms old', async () => {
    await here.find('AK', 'r');
    const asked = async () => (await countStatements(other, () => here.find('AK', 'r'))).count;
    expect(await asked()).toBe(0);
    clock.advance(milliseconds(400));
    expect(await asked()).toBe(1);
    expect(await asked()).toBe(0);
  });

  it('reads a key once for any number of simultaneous requests, each with its own request id', async () => {
    const { count } = await countStatements(other, async () => {
      const found = await Promise.all(Array.from({ length: 20 }, (_, index) => here.find('AK', `req-${index}`)));
      expect(found.map((key) => key?.caller.requestId)).toEqual(Array.from({ length: 20 }, (_, index) => `req-${index}`));
    });
    expect(count).toBe(3);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the key is deleted', () => db.sql`DELETE FROM credential`],
    ['its type is changed', () => db.sql`UPDATE credential SET type = 'cert'`],
    ['its last role is taken', () => db.sql`DELETE FROM assignment`],
    ['its user is disabled', () => db.sql`UPDATE "user" SET enabled = false WHERE id = 'u'`],
    ['its project is disabled', () => db.sql`UPDATE project SET enabled = false WHERE id = 'p'`],
    ['its domain is disabled', () => db.sql`UPDATE project SET enabled = false WHERE id = 'd'`],
    ['its user is deleted', () => db.sql`DELETE FROM "user" WHERE id = 'u'`],
  ])('is found nowhere within a second after %s', async (_, change) => {
    await here.find('AK', 'r');
    await elsewhere.find('AK', 'r');
    await change();
    clock.advance(milliseconds(500));
    expect(await here.find('AK', 'r')).toBeUndefined();
    expect(await elsewhere.find('AK', 'r')).toBeUndefined();
  });

  it('has other roles and another secret within a second, and comes back when what held it up is gone', async () => {
    expect(await rolesOf()).toEqual(['admin', 'member', 'reader']);
    await db.sql`DELETE FROM assignment WHERE role_id = 'admin'`;
    clock.advance(milliseconds(500));
    expect(await rolesOf()).toEqual(['member', 'reader']);
    await db.sql`UPDATE credential SET sealed_blob = ${credentialBox(masterKey).seal('{"access":"AK","secret":"new"}', accessKeyId('AK'))}`;
    await db.sql`UPDATE "user" SET enabled = false WHERE id = 'u'`;
    clock.advance(milliseconds(500));
    expect(await here.find('AK', 'r')).toBeUndefined();
    await db.sql`UPDATE "user" SET enabled = true WHERE id = 'u'`;
    clock.advance(milliseconds(500));
    expect((await here.find('AK', 'r'))?.secret.toString()).toBe('new');
  });

  it('keeps the limits of the application credential it was made under: its roles, its project, its end and its access rules', async () => {
    await db.sql`INSERT INTO application_credential (id, user_id, project_id, name, secret_hash, expires_at) VALUES ('ac', 'u', 'p', 'robot', 'x', ${new Date(clock.now() + minutes(10))})`;
    await db.sql`INSERT INTO application_credential_role VALUES ('ac', 'reader')`;
    await keep('robot', { access: 'robot', secret: 's', app_cred_id: 'ac' });
    await keep('astray', { access: 'astray', secret: 's', app_cred_id: 'ac' }, { projectId: 'q' });
    await keep('stolen', { access: 'stolen', secret: 's', app_cred_id: 'ac' }, { userId: 'v' });
    await db.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES ('u', 'q', 'member'), ('v', 'p', 'member')`;
    expect(await rolesOf('robot')).toEqual(['reader']);
    expect((await here.find('robot', 'r'))?.caller.expiresAt).toBe(clock.now() + minutes(10));
    expect(await rolesOf('astray')).toBeUndefined();
    expect(await rolesOf('stolen')).toBeUndefined();

    await db.sql`INSERT INTO access_rule VALUES ('rule', 'u', 'object-store', '/v1/**', 'GET')`;
    await db.sql`INSERT INTO application_credential_access_rule VALUES ('ac', 'rule')`;
    clock.advance(milliseconds(500));
    expect(await here.find('robot', 'r')).toBeUndefined();
    expect(await here.find('robot', 'r', { api: 'object-store', method: 'PUT', path: '/v1/a' })).toBeUndefined();
    expect(await here.find('robot', 'r', { api: 'object-store', method: 'GET', path: '/v1/a' })).toBeDefined();
    clock.advance(minutes(10));
    expect(await here.find('robot', 'r', { api: 'object-store', method: 'GET', path: '/v1/a' })).toBeUndefined();
  });

  it('ends with its delegation without asking the database', async () => {
    await db.sql`INSERT INTO trust (id, trustor_user_id, trustee_user_id, project_id, impersonation, expires_at, created_at)
      VALUES ('t', 'u', 'v', 'p', true, ${new Date(clock.now() + 300)}, now())`;
    await db.sql`INSERT INTO trust_role VALUES ('t', 'reader')`;
    await keep('trusted', { access: 'trusted', secret: 's', trust_id: 't' });
    expect(await rolesOf('trusted')).toEqual(['reader']);
    clock.advance(milliseconds(300));
    expect((await countStatements(other, async () => expect(await rolesOf('trusted')).toBeUndefined())).count).toBe(0);
  });

  it('is given to services with the master key only', async () => {
    const open = async (options: Parameters<typeof IdentityModule.forRoot>[0]): Promise<INestApplicationContext> => {
      class Service {}
      Module({})(Service);
      class Parts {}
      Module({})(Parts);
      const parts = { module: Parts, global: true, providers: [{ provide: Database, useValue: other }], exports: [Database] };
      return NestFactory.createApplicationContext({ module: Service, imports: [parts, IdentityModule.forRoot(options)] }, { logger: false });
    };
    const [withKey, without] = [await open({ clock, masterKey }), await open({ clock })];
    expect((await withKey.get(AccessKeys).find('AK', 'r'))?.secret.toString()).toBe('sesame');
    expect(() => without.get(AccessKeys)).toThrow(/could not find AccessKeys/);
    await withKey.close();
    await without.close();
  });
});
