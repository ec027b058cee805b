import { isGranted, isPrivate, isPublicAcl, privateGrants, type Acl, type Asker, type CanonicalUser, type Grant, type Group, type Permission } from './acl.js';
import { aclDocument, readAcl } from './acl-document.js';
import { cannedGrants } from './canned-acl.js';
import { grantsOfHeaders } from './grant-headers.js';
import { readXml } from '../xml/xml-reader.js';

const user = (project: string, name: string): CanonicalUser => ({ projectId: project, userId: name, id: `${project}:${name}`, displayName: `${project}:${name}` });
const alice = user('demo', 'alice');
const bob = user('other', 'bob');
const owners = { owner: alice, bucketOwner: alice };
const asker = (who: CanonicalUser, isOperator = true): Asker => ({ projectId: who.projectId, userId: who.userId ?? '', isOperator });
const toGroup = (group: Group, permission: Permission): Grant => ({ grantee: { group }, permission });
const to = (who: CanonicalUser, permission: Permission): Grant => ({ grantee: { user: who }, permission });
const granted = (acl: Acl, who: Asker | undefined, permission: Permission, ignoresGroups = false) => isGranted(acl, who, permission, { ignoresGroups });

describe('grants', () => {
  it('are the owner\'s project\'s, of operators only', () => {
    const acl = { owner: alice, grants: privateGrants(alice) };
    expect(granted(acl, asker(alice, false), 'WRITE')).toBe(false);
    expect(granted(acl, asker(alice), 'WRITE')).toBe(true);
    expect(granted(acl, asker(user('demo', 'amy')), 'WRITE')).toBe(true);
    expect(granted(acl, asker(user('demo', 'guest'), false), 'READ')).toBe(false);
    expect(granted(acl, asker(bob), 'READ')).toBe(false);
    expect(granted(acl, undefined, 'READ')).toBe(false);
  });

  it('are given for what they say, and FULL_CONTROL for everything', () => {
    const acl = { owner: alice, grants: [to(bob, 'READ_ACP')] };
    expect(granted(acl, asker(bob), 'READ_ACP')).toBe(true);
    expect(granted(acl, asker(bob), 'READ')).toBe(false);
    expect(granted(acl, asker(alice), 'READ')).toBe(false);
    for (const permission of ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP'] as const) expect(granted({ owner: alice, grants: [to(bob, 'FULL_CONTROL')] }, asker(bob), permission)).toBe(true);
  });

  it('to a user are nobody else\'s of the project, to a project everybody\'s', () => {
    const eve = asker(user('other', 'eve'));
    expect(granted({ owner: alice, grants: [to(bob, 'READ')] }, eve, 'READ')).toBe(false);
    expect(granted({ owner: alice, grants: [to({ projectId: 'other', id: 'other', displayName: 'other' }, 'READ')] }, eve, 'READ')).toBe(true);
  });

  it('to groups let everybody in, or everybody who signed, unless groups are ignored', () => {
    const all = { owner: alice, grants: [toGroup('AllUsers', 'READ')] };
    const signed = { owner: alice, grants: [toGroup('AuthenticatedUsers', 'READ')] };
    expect([granted(all, undefined, 'READ'), granted(all, asker(bob), 'READ'), granted(all, asker(bob), 'READ', true)]).toEqual([true, true, false]);
    expect([granted(signed, undefined, 'READ'), granted(signed, asker(bob), 'READ')]).toEqual([false, true]);
    expect(granted({ owner: alice, grants: [toGroup('LogDelivery', 'READ')] }, asker(bob), 'READ')).toBe(false);
  });
});

describe('canned ACLs', () => {
  it.each([
    ['private', []], ['public-read', [toGroup('AllUsers', 'READ')]], ['public-read-write', [toGroup('AllUsers', 'READ'), toGroup('AllUsers', 'WRITE')]],
    ['authenticated-read', [toGroup('AuthenticatedUsers', 'READ')]], ['bucket-owner-read', []], ['bucket-owner-full-control', []],
  ] as const)('%s stands for its grants and the owner\'s', (name, others) => {
    const grants = cannedGrants(name, owners);
    expect(grants).toEqual([...others, to(alice, 'FULL_CONTROL')]);
    expect(isPublicAcl(grants)).toBe(others.length > 0);
    expect(isPrivate({ owner: alice, grants })).toBe(others.length === 0);
  });

  it('give the bucket\'s owner what the writer says', () => {
    const theirs = { owner: bob, bucketOwner: alice };
    expect(cannedGrants('bucket-owner-read', theirs)).toEqual([to(bob, 'FULL_CONTROL'), to(alice, 'READ')]);
    expect(cannedGrants('bucket-owner-full-control', theirs)).toEqual([to(bob, 'FULL_CONTROL'), to(alice, 'FULL_CONTROL')]);
  });

  it.each(['public', '', 'constructor', 'PRIVATE'])('refuse %s', (name) => expect(() => cannedGrants(name, owners)).toThrow(expect.objectContaining({ code: 'InvalidArgument' })));
});

describe('grant headers', () => {
  const read = (headers: Record<string, string>) => grantsOfHeaders((name) => headers[name]);

  it('name grantees with and without quotes, several in one', () => {
    expect(read({})).toBeUndefined();
    expect(read({ 'x-amz-grant-read': 'id="a,b", uri=http://acs.amazonaws.com/groups/global/AllUsers, emailAddress="x@y"', 'x-amz-grant-full-control': 'id=demo:alice' })).toEqual([
      { grantee: { id: 'a,b' }, permission: 'READ' }, { grantee: { group: 'AllUsers' }, permission: 'READ' }, { grantee: { email: 'x@y' }, permission: 'READ' },
      { grantee: { id: 'demo:alice' }, permission: 'FULL_CONTROL' },
    ]);
  });

  it.each(['', 'alice', 'id', 'name="x"', 'id="x', 'uri="http://nowhere"', '=x', 'id=x;id=y"'])('refuse %s', (value) => {
    expect(() => read({ 'x-amz-grant-read': value })).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });

  it('are refused at once however long their runs of spaces are', () => {
    const began = performance.now();
    expect(() => read({ 'x-amz-grant-read': `id=${' '.repeat(2_000)}"` })).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    // Linear work takes well below a millisecond; the cube of the length takes minutes.
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('the document of an ACL', () => {
  it('reads what it writes', () => {
    const acl = { owner: alice, grants: [...cannedGrants('public-read', owners), to(bob, 'WRITE_ACP')] };
    expect(readAcl(readXml(Buffer.from(aclDocument(acl)), 'AccessControlPolicy'))).toEqual({
      ownerId: 'demo:alice',
      grants: [{ grantee: { group: 'AllUsers' }, permission: 'READ' }, { grantee: { id: 'demo:alice' }, permission: 'FULL_CONTROL' }, { grantee: { id: 'other:bob' }, permission: 'WRITE_ACP' }],
    });
  });

  it.each(['', '<AccessControlList><Grant/></AccessControlList>', '<AccessControlList><Grant><Grantee><ID>x</ID></Grantee><Permission>ALL</Permission></Grant></AccessControlList>',
    `<AccessControlList>${'<Grant><Grantee><ID>x</ID></Grantee><Permission>READ</Permission></Grant>'.repeat(101)}</AccessControlList>`])('refuses %.60s', (inner) => {
    expect(() => readAcl(readXml(Buffer.from(`<AccessControlPolicy>${inner}</AccessControlPolicy>`), 'AccessControlPolicy'))).toThrow(expect.objectContaining({ code: 'MalformedACLError' }));
  });
});
