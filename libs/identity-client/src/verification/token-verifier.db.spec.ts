import { randomBytes } from 'node:crypto';
import { hours, milliseconds, minutes } from '@virga/kernel';
import { countStatements, openDatabase, type PostgresDatabase } from '@virga/persistence';
import { ManualClock, useDatabase } from '@virga/testing';
import { readAuthorizationFacts } from '../authorization/authorization-query.js';
import { judge } from '../authorization/judge.js';
import { identityMigrations } from '../migrations/index.js';
import { MasterKey } from '../secret-box.js';
import type { TokenClaims, TokenScope } from '../tokens/claims.js';
import { SigningKeys } from '../tokens/signing-keys.js';
import { newAuditId, TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from './token-verifier.js';

describe('TokenVerifier', () => {
  afterAll(() => other.close());
  const db = useDatabase({ schema: 'identity', migrations: identityMigrations });
  const clock = new ManualClock();
  const masterKey = new MasterKey(randomBytes(32));
  let other: PostgresDatabase;
  let here: TokenVerifier;
  let elsewhere: TokenVerifier;
  let keys: SigningKeys;

  beforeAll(async () => {
    other = await openDatabase({ url: db.url, schema: 'compute', applicationName: 'test' });
  });

  beforeEach(async () => {
    await db.sql`TRUNCATE project, "user", role, signing_key, revocation CASCADE`;
    await db.sql`INSERT INTO project (id, name, is_domain, domain_id, parent_id, ancestors) VALUES
      ('d', 'Default', true, NULL, NULL, '{}'), ('p', 'demo', false, 'd', 'd', '{d}'), ('c', 'child', false, 'd', 'p', '{d,p}')`;
    await db.sql`INSERT INTO "user" (id, domain_id, name) VALUES ('u', 'd', 'alice'), ('v', 'd', 'bob')`;
    await db.sql`INSERT INTO "group" (id, domain_id, name) VALUES ('g', 'd', 'team')`;
    await db.sql`INSERT INTO group_member VALUES ('u', 'g')`;
    await db.sql`INSERT INTO role (id, name, domain_id) VALUES ('admin', 'admin', NULL), ('member', 'Member', NULL), ('reader', 'reader', NULL), ('own', 'own', 'd')`;
    await db.sql`INSERT INTO implied_role VALUES ('admin', 'member'), ('member', 'reader')`;
    await db.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES ('u', 'p', 'member')`;
    keys = new SigningKeys(db, clock, masterKey, hours(12));
    here = new TokenVerifier(other, clock);
    elsewhere = new TokenVerifier(other, clock);
  });

  const rolesOf = async (token: string, verifier = here): Promise<string[]> =>
    (await verifier.verify(token)).authorization.roles.map((role) => role.name);

  async function token(scope: TokenScope = { kind: 'project', id: 'p' }, over: Partial<TokenClaims> = {}): Promise<string> {
    const question = { userId: 'u', scope };
    const allowed = judge(question, await readAuthorizationFacts(db, question), clock.now());
    if (typeof allowed === 'string') throw new Error(allowed);
    const claims = { ...question, methods: ['password'], auditIds: [newAuditId()], issuedAt: clock.now(), expiresAt: clock.now() + hours(1), epoch: allowed.epoch };
    return new TokenIssuer(keys).issue({ ...claims, ...over });
  }

  it('tells who holds the token and which roles it has, implied ones included', async () => {
    const { authorization } = await here.verify(await token());
    expect(authorization).toMatchObject({
      user: { id: 'u', name: 'alice', domain: { id: 'd', name: 'Default' } },
      scope: { kind: 'project', projectId: 'p', projectName: 'demo', projectDomainId: 'd', projectDomainName: 'Default' },
      roles: [{ id: 'member', name: 'Member' }, { id: 'reader', name: 'reader' }],
    });
  });

  it('counts roles of groups and inherited ones, each on its own scope only', async () => {
    await db.sql`INSERT INTO assignment (group_id, project_id, role_id, inherited) VALUES ('g', 'd', 'reader', true)`;
    await db.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES ('u', 'd', 'admin'), ('u', NULL, 'reader')`;
    await db.sql`INSERT INTO assignment (user_id, project_id, role_id) VALUES ('u', 'c', 'own')`;
    expect(await rolesOf(await token({ kind: 'project', id: 'c' }))).toEqual(['reader']);
    expect(await rolesOf(await token({ kind: 'domain', id: 'd' }))).toEqual(['Member', 'admin', 'reader']);
    expect(await rolesOf(await token({ kind: 'system' }))).toEqual(['reader']);
    expect(await rolesOf(await token({ kind: 'unscoped' }))).toEqual([]);
  });

  it('asks the database nothing for a token it knows, until its knowledge is 400 ms old', async () => {
    const alice = await token();
    await here.verify(alice);
    const asked = async () => (await countStatements(other, () => here.verify(alice))).count;
    expect(await asked()).toBe(0);
    clock.advance(milliseconds(399));
    expect(await asked()).toBe(0);
    clock.advance(milliseconds(1));
    expect(await asked()).toBe(1);
    expect(await asked()).toBe(0);
  });

  it('reads an authorization once for any number of simultaneous requests', async () => {
    const alice = await token();
    const { count } = await countStatements(other, () => Promise.all(Array.from({ length: 20 }, () => here.verify(alice))));
    expect(count).toBe(3);
    const again = await countStatements(other, () => Promise.all(Array.from({ length: 20 }, () => here.verify(alice))));
    expect(again.count).toBe(0);
  });

  it.each([
    ['revoked', async () => revokeAll()],
    ['user-disabled', () => db.sql`UPDATE "user" SET enabled = false WHERE id = 'u'`],
    ['domain-disabled', () => db.sql`UPDATE project SET enabled = false WHERE id = 'd'`],
    ['scope-disabled', () => db.sql`UPDATE project SET enabled = false WHERE id = 'p'`],
    ['outdated', () => db.sql`UPDATE "user" SET token_epoch = token_epoch + 1 WHERE id = 'u'`],
    ['no-roles', () => db.sql`DELETE FROM assignment WHERE user_id = 'u'`],
    ['user-unknown', () => db.sql`DELETE FROM "user" WHERE id = 'u'`],
    ['key-unknown', () => db.sql`DELETE FROM signing_key`],
  ])('refuses the token everywhere within a second of the change: %s', async (reason, change) => {
    const alice = await token();
    audit = (await here.verify(alice)).claims.auditIds[0]!;
    await elsewhere.verify(alice);
    await change();
    clock.advance(milliseconds(500));
    await expect(here.verify(alice)).rejects.toMatchObject({ kind: 'unauthenticated', reason });
    await expect(elsewhere.verify(alice)).rejects.toMatchObject({ reason });
  });

  let audit = '';
  const revokeAll = () => db.sql`INSERT INTO revocation VALUES (${audit}, now(), now() + interval '1 day')`;

  it('shows a new role within a second, without a new token', async () => {
    const alice = await token();
    expect(await rolesOf(alice)).toEqual(['Member', 'reader']);
    await db.sql`INSERT INTO assignment (group_id, project_id, role_id) VALUES ('g', 'p', 'admin')`;
    clock.advance(milliseconds(500));
    expect(await rolesOf(alice)).toEqual(['Member', 'admin', 'reader']);
  });

  it('does not bring a voided token back when its user is enabled again', async () => {
    const alice = await token();
    await db.sql`UPDATE "user" SET enabled = false, token_epoch = token_epoch + 1 WHERE id = 'u'`;
    await db.sql`UPDATE "user" SET enabled = true WHERE id = 'u'`;
    clock.advance(milliseconds(500));
    await expect(here.verify(alice)).rejects.toMatchObject({ reason: 'outdated' });
  });

  it('refuses expired, forged and malformed tokens, and ones of unknown keys', async () => {
    const alice = await token();
    const foreign = await new TokenIssuer(new SigningKeys(db, clock, masterKey, hours(12))).issue((await here.verify(alice)).claims);
    await expect(here.verify(foreign)).resolves.toBeDefined();
    await expect(here.verify(`${alice.slice(0, -6)}AAAAAA`)).rejects.toMatchObject({ reason: 'forged' });
    await expect(here.verify('gAAAAABnonsense')).rejects.toMatchObject({ reason: 'malformed' });
    clock.advance(hours(1));
    await expect(here.verify(alice)).rejects.toMatchObject({ reason: 'expired' });
  });

  it('gives an application credential only the roles it passes on that its user still has', async () => {
    await db.sql`INSERT INTO application_credential (id, user_id, project_id, name, secret_hash) VALUES ('ac', 'u', 'p', 'robot', '')`;
    await db.sql`INSERT INTO application_credential_role VALUES ('ac', 'reader')`;
    const robot = await token(undefined, { applicationCredentialId: 'ac' });
    expect(await rolesOf(robot)).toEqual(['reader']);
    await db.sql`INSERT INTO application_credential_role VALUES ('ac', 'admin')`;
    clock.advance(milliseconds(500));
    expect(await rolesOf(robot)).toEqual(['Member', 'reader']);
    await db.sql`DELETE FROM application_credential`;
    clock.advance(milliseconds(500));
    await expect(here.verify(robot)).rejects.toMatchObject({ reason: 'application-credential-unknown' });
  });

  it("gives a trust's holder the trustor's delegated roles", async () => {
    await db.sql`INSERT INTO trust (id, trustor_user_id, trustee_user_id, project_id, impersonation, created_at) VALUES ('t', 'u', 'v', 'p', false, now())`;
    await db.sql`INSERT INTO trust_role VALUES ('t', 'member')`;
    const bob = await token(undefined, { userId: 'v', trustId: 't' });
    expect((await here.verify(bob)).authorization).toMatchObject({ user: { name: 'bob' }, roles: [{ name: 'Member' }, { name: 'reader' }] });
    await db.sql`UPDATE "user" SET enabled = false WHERE id = 'u'`;
    clock.advance(milliseconds(500));
    await expect(here.verify(bob)).rejects.toMatchObject({ reason: 'trust-unknown' });
  });

  it('signs with a new key after a month and still verifies with the old one', async () => {
    const before = await token(undefined, { expiresAt: clock.now() + hours(24 * 40) });
    clock.advance(hours(24 * 30) as never);
    const after = await token();
    expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
    await expect(here.verify(before)).resolves.toBeDefined();
    await expect(here.verify(after)).resolves.toBeDefined();
    expect(await db.sql`SELECT FROM signing_key WHERE expires_at IS NULL`).toHaveLength(1);
  });

  it('lets replicas that start at once agree on one key', async () => {
    const many = Array.from({ length: 8 }, () => new SigningKeys(db, clock, masterKey, minutes(60)));
    const ids = await Promise.all(many.map(async (one) => (await one.signing()).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('raises the revision once for each transaction that changes what tokens may do', async () => {
    const revision = async () => (await db.sql<{ revision: number }>`SELECT revision FROM change`)[0]!.revision;
    const before = await revision();
    await db.transaction(async (tx) => {
      await tx.sql`UPDATE "user" SET enabled = false`;
      await tx.sql`DELETE FROM assignment`;
    });
    expect(await revision()).toBe(before + 1);
    await Promise.all(Array.from({ length: 10 }, (_, index) => db.transaction((tx) => tx.sql`INSERT INTO role (id, name) VALUES (${`r${index}`}, ${`r${index}`})`)));
    expect(await revision()).toBe(before + 11);
  });
});
