import { randomUUID } from 'node:crypto';
import { personaIdentity, useObjectStorage } from '../testing/index.js';
import { operations, type Needs, type SwiftOperation } from './operations.js';
import { demoAccount, swiftAuthentication, swiftCallers, swiftClient, type SwiftCaller } from './testing/index.js';

/** Who owns and who reads the account of project demo. */
const OWNERS: SwiftCaller[] = ['alice', 'amy', 'manager', 'reseller'];
const READERS: SwiftCaller[] = [...OWNERS, 'reader', 'auditor'];

const allowed: Readonly<Record<Exclude<Needs, 'everybody'>, SwiftCaller[]>> = {
  reader: READERS, listing: READERS, reading: READERS, writing: OWNERS, owner: OWNERS, reseller: ['reseller'],
};

describe('who may do what with an account of project demo', () => {
  const storage = useObjectStorage({ authentication: personaIdentity(swiftAuthentication) });
  const call = swiftClient(storage);
  let container: string;

  beforeAll(async () => {
    // Names in ACLs count where the account's project is known to be of the default domain.
    await storage.database.sql`INSERT INTO identity.project (id, name, is_domain) VALUES ('default', 'Default', true)`;
    await storage.database.sql`INSERT INTO identity.project (id, name, is_domain, domain_id, parent_id) VALUES (${demoAccount.slice(5)}, 'demo', false, 'default', 'default')`;
  });

  beforeEach(async () => {
    container = randomUUID();
    await call(`PUT /v1/${demoAccount}/${container}`, { as: 'alice' });
    await call(`PUT /v1/${demoAccount}/${container}/o`, { as: 'alice', body: 'bytes' });
  });

  /** Deletions of accounts and containers name what is not there: it is asked who may, not whether they are empty. */
  const urlOf = ({ method, path, noun }: SwiftOperation): string => {
    const named = method === 'DELETE' && noun === 'container' ? randomUUID() : container;
    return path.replace('{account}', demoAccount).replace('{container}', named).replace('{object}', 'o');
  };

  const attempt = async (operation: SwiftOperation, as: SwiftCaller | undefined): Promise<string> => {
    const { method, noun } = operation;
    const headers = method === 'COPY' ? { destination: `${container}/copy` } : {};
    const body = method === 'PUT' && noun === 'object' ? { body: 'new' } : {};
    return outcome((await call(`${method} ${urlOf(operation)}`, { ...(as !== undefined && { as }), headers, ...body })).status);
  };

  const outcome = (status: number): string => {
    if (status === 401 || status === 403) return status === 401 ? 'unauthenticated' : 'forbidden';
    return status >= 500 ? `unexpected ${status}` : 'allowed';
  };

  const outcomes = async (operation: SwiftOperation): Promise<Record<string, string>> => {
    const results: Record<string, string> = { nobody: await attempt(operation, undefined), expired: await attempt(operation, 'expired' as SwiftCaller) };
    for (const caller of swiftCallers) results[caller] = await attempt(operation, caller);
    return results;
  };

  const expected = (may: (caller: SwiftCaller) => boolean, nobody: string): Record<string, string> => ({
    nobody, expired: nobody, ...Object.fromEntries(swiftCallers.map((caller) => [caller, may(caller) ? 'allowed' : 'forbidden'])),
  });

  for (const [name, operation] of Object.entries(operations) as [string, SwiftOperation][]) {
    it(`${name}: ${operation.method} ${operation.path}`, async () => {
      const { needs } = operation;
      // What a copy writes is its owner's to write; the reader's attempt fails there.
      const callers = needs === 'everybody' ? swiftCallers : operation.method === 'COPY' ? OWNERS : allowed[needs];
      expect(await outcomes(operation)).toEqual(expected((caller) => callers.includes(caller), needs === 'everybody' ? 'allowed' : 'unauthenticated'));
    });
  }

  describe('with the container\'s ACL', () => {
    const acl = async (headers: Record<string, string>): Promise<void> => {
      expect((await call(`POST /v1/${demoAccount}/${container}`, { as: 'alice', headers })).status).toBe(204);
    };
    const may = async (operation: SwiftOperation, as?: SwiftCaller): Promise<boolean> => await attempt(operation, as) === 'allowed';
    const { readObject, listObjects, putObject, updateContainer } = operations;

    it.each([['d3300000000000000000000000000002:user-bob'], ['*:bob'], ['other:*'], ['other:bob'], ['*:*'], ['x:y, *:user-bob']])('%s lets bob read and list, nobody else', async (value) => {
      await acl({ 'x-container-read': value });
      expect([await may(readObject, 'bob'), await may(listObjects, 'bob'), await may(putObject, 'bob'), await may(readObject)]).toEqual([true, true, false, false]);
    });

    it('lets bob write, and not read, list or administrate', async () => {
      await acl({ 'x-container-write': 'other:bob' });
      expect([await may(putObject, 'bob'), await may(readObject, 'bob'), await may(listObjects, 'bob'), await may(updateContainer, 'bob')]).toEqual([true, false, false, false]);
    });

    it('lets everybody read what is public, and list it only where it says so', async () => {
      await acl({ 'x-container-read': '.r:*' });
      expect([await may(readObject), await may(listObjects), await may(readObject, 'bob'), await may(putObject)]).toEqual([true, false, true, false]);
      await acl({ 'x-container-read': '.r:*,.rlistings' });
      expect([await may(listObjects), await may(listObjects, 'bob')]).toEqual([true, true]);
    });

    it('names roles, which count in the account\'s own project', async () => {
      await acl({ 'x-container-read': 'watcher,service' });
      expect([await may(readObject, 'watcher'), await may(readObject, 'service'), await may(putObject, 'watcher')]).toEqual([true, false, false]);
    });

    it('is shown to owners only', async () => {
      await acl({ 'x-container-read': '*:*', 'x-container-meta-temp-url-key': 'secret', 'x-container-meta-color': 'red' });
      const shown = async (as: SwiftCaller) => {
        const { headers } = await call(`HEAD /v1/${demoAccount}/${container}`, { as });
        return [headers.get('x-container-read'), headers.get('x-container-meta-temp-url-key'), headers.get('x-container-meta-color')];
      };
      expect(await shown('alice')).toEqual(['*:*', 'secret', 'red']);
      expect(await shown('bob')).toEqual([null, null, 'red']);
      expect(await shown('reader')).toEqual([null, null, 'red']);
    });
  });

  describe('with the account\'s ACL', () => {
    const grant = (level: string) => call(`POST /v1/${demoAccount}`, { as: 'alice', headers: { 'x-account-access-control': JSON.stringify({ [level]: ['user-bob'] }) } });
    afterEach(() => call(`POST /v1/${demoAccount}`, { as: 'alice', headers: { 'x-account-access-control': '' } }));
    const can = (names: (keyof typeof operations)[]) => Promise.all(names.map(async (name) => await attempt(operations[name], 'bob') === 'allowed'));
    const asked: (keyof typeof operations)[] = ['listContainers', 'readObject', 'putObject', 'createContainer', 'updateAccount', 'deleteAccount'];

    it.each([
      ['read-only', [true, true, false, false, false, false]], ['read-write', [true, true, true, true, false, false]], ['admin', [true, true, true, true, true, false]],
    ])('%s', async (level, expectation) => {
      expect((await grant(level)).status).toBe(204);
      expect(await can(asked)).toEqual(expectation);
    });
  });

  it('asks services for a second token where accounts are theirs', async () => {
    const path = `/v1/SERVICE_${demoAccount.slice(5)}/${container}`;
    expect((await call(`PUT ${path}`, { as: 'alice' })).status).toBe(403);
    expect((await call(`PUT ${path}`, { as: 'alice', headers: { 'x-service-token': 'bob' } })).status).toBe(403);
    expect((await call(`PUT ${path}`, { as: 'alice', headers: { 'x-service-token': 'service' } })).status).toBe(201);
  });
});
