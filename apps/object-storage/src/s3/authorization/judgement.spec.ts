import type { Container, ContainerSettings } from '../../containers/index.js';
import type { ObjectSettings, StoredObject } from '../../objects/index.js';
import type { Asker, CanonicalUser, Grant } from '../acl/acl.js';
import { readPolicy } from '../policy/policy-document.js';
import { isAllowed } from './judgement.js';

const user = (projectId: string, name: string): CanonicalUser => ({ projectId, userId: name, id: `${projectId}:${name}`, displayName: name });
const people: Record<string, Asker | undefined> = {
  alice: { projectId: 'demo', userId: 'alice', isOperator: true }, amy: { projectId: 'demo', userId: 'amy', isOperator: true }, guest: { projectId: 'demo', userId: 'guest', isOperator: false },
  bob: { projectId: 'other', userId: 'bob', isOperator: true }, nobody: undefined,
};
const everybody = Object.keys(people);
const group = (name: 'AllUsers' | 'AuthenticatedUsers', permission: Grant['permission']): Grant => ({ grantee: { group: name }, permission });
const to = (who: CanonicalUser, permission: Grant['permission']): Grant => ({ grantee: { user: who }, permission });

interface Given {
  bucket?: ContainerSettings;
  object?: ObjectSettings;
  statements?: object[];
}

/** Who of all people may. */
function allowed(action: string, { bucket: settings = {}, object: objectSettings = {}, statements }: Given = {}): string[] {
  const bucket = { name: 'b', account: 'AUTH_demo', settings: { owner: user('demo', 'alice'), ...settings } } as unknown as Container;
  const object = { name: 'o', settings: { owner: user('demo', 'alice'), ...objectSettings } } as unknown as StoredObject;
  const isOfObject = /Object(?!Lock)/.test(action);
  const policy = statements && readPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'], ...statement })) }), 'b');
  return everybody.filter((name) => {
    const person = people[name];
    const principal = person && { accounts: [person.projectId], users: [person.userId], canonicalId: `${person.projectId}:${person.userId}` };
    return isAllowed({ person, action, bucket, object: isOfObject ? object : undefined, policy, question: { principal, action, resource: isOfObject ? 'b/o' : 'b', values: () => undefined } });
  });
}

const owners = ['alice', 'amy'];
const theirs = { owner: user('other', 'bob') };

describe('who may', () => {
  it.each(['s3:ListBucket', 's3:GetBucketAcl', 's3:PutBucketPolicy', 's3:PutLifecycleConfiguration', 's3:DeleteBucket', 's3:PutObject', 's3:GetObject', 's3:PutObjectTagging', 's3:BypassGovernanceRetention', 's3:DeleteObjectVersion'])(
    '%s in a private bucket: its project\'s operators', (action) => expect(allowed(action)).toEqual(owners));

  it('read and write what ACLs open to everybody, or to everybody who signs', () => {
    expect(allowed('s3:ListBucket', { bucket: { acl: [group('AllUsers', 'READ')] } })).toEqual(everybody);
    expect(allowed('s3:PutObject', { bucket: { acl: [group('AuthenticatedUsers', 'WRITE')] } })).toEqual(['alice', 'amy', 'guest', 'bob']);
    expect(allowed('s3:GetObject', { object: { acl: [group('AllUsers', 'READ')] } })).toEqual(everybody);
    expect(allowed('s3:GetObject', { bucket: { acl: [group('AllUsers', 'FULL_CONTROL')] } })).toEqual(owners);
    expect(allowed('s3:PutBucketPolicy', { bucket: { acl: [group('AllUsers', 'FULL_CONTROL')] } })).toEqual(owners);
    expect(allowed('s3:DeleteObjectVersion', { bucket: { acl: [group('AllUsers', 'WRITE')] } })).toEqual(owners);
  });

  it('take their own grants away, but not the power over them', () => {
    expect(allowed('s3:PutObject', { bucket: { acl: [] } })).toEqual([]);
    expect(allowed('s3:PutBucketAcl', { bucket: { acl: [] } })).toEqual(owners);
    expect(allowed('s3:PutObjectAcl', { object: { acl: [] } })).toEqual(owners);
  });

  it('read what another project put only by its owner\'s leave; tags and locks are the bucket owner\'s too', () => {
    expect(allowed('s3:GetObject', { object: theirs })).toEqual(['bob']);
    expect(allowed('s3:GetObjectAcl', { object: theirs })).toEqual(['bob']);
    expect(allowed('s3:GetObject', { object: { ...theirs, acl: [to(user('demo', 'alice'), 'READ')] } })).toEqual(['alice']);
    expect(allowed('s3:PutObjectTagging', { object: theirs })).toEqual(['alice', 'amy', 'bob']);
    expect(allowed('s3:PutObjectRetention', { object: theirs })).toEqual(owners);
    expect(allowed('s3:GetObject', { object: theirs, bucket: { ownership: 'BucketOwnerEnforced' } })).toEqual(owners);
  });

  it('do what a policy allows, and never what it denies', () => {
    expect(allowed('s3:GetObject', { statements: [{}] })).toEqual(everybody);
    expect(allowed('s3:GetObject', { statements: [{ Principal: { AWS: 'other' } }] })).toEqual(['alice', 'amy', 'bob']);
    expect(allowed('s3:GetObject', { statements: [{}, { Effect: 'Deny', Principal: { AWS: 'arn:aws:iam::demo:user/amy' } }] })).toEqual(['alice', 'guest', 'bob', 'nobody']);
    expect(allowed('s3:GetObject', { statements: [{ Effect: 'Deny' }], object: { acl: [group('AllUsers', 'READ')] } })).toEqual([]);
    expect(allowed('s3:DeleteBucketPolicy', { statements: [{ Effect: 'Deny' }] })).toEqual(owners);
    expect(allowed('s3:PutBucketAcl', { statements: [{ Effect: 'Deny' }] })).toEqual([]);
  });

  it('are kept out by the public access block, whatever lets everybody in', () => {
    const publicAccessBlock = { blockPublicAcls: false, ignorePublicAcls: true, blockPublicPolicy: false, restrictPublicBuckets: true };
    expect(allowed('s3:GetObject', { bucket: { publicAccessBlock }, object: { acl: [group('AllUsers', 'READ'), to(user('demo', 'alice'), 'FULL_CONTROL')] } })).toEqual(owners);
    expect(allowed('s3:GetObject', { bucket: { publicAccessBlock }, statements: [{}] })).toEqual(['alice', 'amy', 'guest']);
    expect(allowed('s3:GetObject', { bucket: { publicAccessBlock }, statements: [{ Principal: { AWS: 'other' } }] })).toEqual(['alice', 'amy', 'bob']);
  });
});
