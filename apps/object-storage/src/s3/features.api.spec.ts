import {
  CreateBucketCommand, CreateMultipartUploadCommand, DeleteObjectCommand, DeleteObjectsCommand, DeletePublicAccessBlockCommand, GetBucketAclCommand, GetBucketPolicyStatusCommand, GetBucketVersioningCommand, GetObjectAclCommand,
  GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, ListMultipartUploadsCommand, ListObjectVersionsCommand, ListObjectsV2Command, PutBucketAclCommand, PutBucketCorsCommand, PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand, PutBucketOwnershipControlsCommand, PutBucketPolicyCommand, PutBucketVersioningCommand, PutObjectAclCommand, PutObjectCommand, PutObjectLegalHoldCommand, PutObjectRetentionCommand,
  PutObjectTaggingCommand, PutPublicAccessBlockCommand, CopyObjectCommand, type S3Client,
} from '@aws-sdk/client-s3';
import { createHmac } from 'node:crypto';
import { days, minutes } from '@virga/kernel';
import { demoProject, otherProject } from '@virga/testing';
import { s3Client, useObjectStorage } from '../testing/index.js';
import { LifecycleWorker } from './lifecycle/lifecycle-worker.js';

const refused = (code: string, status?: number) => expect.objectContaining({ name: code, ...(status !== undefined && { $metadata: expect.objectContaining({ httpStatusCode: status }) }) });

describe('S3 features', () => {
  const storage = useObjectStorage();
  let [alice, amy, bob, reader, nobody] = [] as unknown as [S3Client, S3Client, S3Client, S3Client, S3Client];
  let count = 0;

  beforeAll(async () => {
    [alice, amy, bob, reader, nobody] = [s3Client(storage, 'alice'), s3Client(storage, 'amy'), s3Client(storage, 'bob'), s3Client(storage, 'reader'), s3Client(storage)];
    await storage.database.sql`INSERT INTO identity.project (id, name, is_domain, domain_id, parent_id, ancestors) VALUES
      ('default', 'Default', true, NULL, NULL, '{}'), (${demoProject}, 'demo', false, 'default', 'default', '{default}'), (${otherProject}, 'other', false, 'default', 'default', '{default}')`;
    await storage.database.sql`INSERT INTO identity."user" (id, domain_id, name) VALUES ('user-alice', 'default', 'alice'), ('user-bob', 'default', 'bob')`;
  });

  async function bucket(options: Partial<ConstructorParameters<typeof CreateBucketCommand>[0]> = {}): Promise<string> {
    const Bucket = `bucket-${count += 1}`;
    await alice.send(new CreateBucketCommand({ ...options, Bucket }));
    return Bucket;
  }

  const put = (Bucket: string, Key: string, Body = 'body', by = alice, more: object = {}) => by.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const text = async (Bucket: string, Key: string, by = alice, VersionId?: string) => (await by.send(new GetObjectCommand({ Bucket, Key, ...(VersionId !== undefined && { VersionId }) }))).Body?.transformToString();

  describe('versioning', () => {
    const versioned = async (Status: 'Enabled' | 'Suspended' = 'Enabled') => {
      const Bucket = await bucket();
      await alice.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      return Bucket;
    };

    it('keeps every version, shows the newest, and brings back the one before when the newest goes', async () => {
      const Bucket = await versioned();
      expect((await alice.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
      const [one, two] = [await put(Bucket, 'a', 'one'), await put(Bucket, 'a', 'two')];
      expect(one.VersionId).toMatch(/^[0-9a-z]{16}$/);
      expect([await text(Bucket, 'a'), await text(Bucket, 'a', alice, one.VersionId)]).toEqual(['two', 'one']);
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: two.VersionId }));
      expect(await text(Bucket, 'a')).toBe('one');
    });

    it('hides an object behind a delete marker and tells of it', async () => {
      const Bucket = await versioned();
      await put(Bucket, 'a');
      const removed = await alice.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
      expect(removed).toMatchObject({ DeleteMarker: true });
      const answer = await alice.send(new GetObjectCommand({ Bucket, Key: 'a' })).catch((error: { name: string; $response: { headers: object } }) => error);
      expect(answer).toMatchObject({ name: 'NoSuchKey', $response: { headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': removed.VersionId } } });
      await expect(text(Bucket, 'a', alice, removed.VersionId)).rejects.toEqual(refused('MethodNotAllowed', 405));
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId: removed.VersionId }));
      expect(await text(Bucket, 'a')).toBe('body');
    });

    it('keeps one null version while it is suspended', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a', 'plain');
      await alice.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
      await put(Bucket, 'a', 'kept');
      await alice.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }));
      expect((await put(Bucket, 'a', 'newest')).VersionId).toBeUndefined();
      const { Versions = [] } = await alice.send(new ListObjectVersionsCommand({ Bucket }));
      expect(Versions.map(({ VersionId, IsLatest }) => [VersionId === 'null', IsLatest])).toEqual([[true, true], [false, false]]);
      expect(await text(Bucket, 'a', alice, 'null')).toBe('newest');
    });

    it('lists versions page by page, from any marker, with delimiters', async () => {
      const Bucket = await versioned();
      for (const key of ['a', 'a', 'a', 'b/1', 'b/2', 'c']) await put(Bucket, key);
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'c' }));
      const found: string[] = [];
      let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
      for (let isMore = true; isMore;) {
        const page = await alice.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...next }));
        found.push(...(page.Versions ?? []).map(({ Key, IsLatest }) => `${Key}${IsLatest === true ? '!' : ''}`), ...(page.DeleteMarkers ?? []).map(({ Key }) => `-${Key}`));
        next = { KeyMarker: page.NextKeyMarker, ...(page.NextVersionIdMarker !== undefined && { VersionIdMarker: page.NextVersionIdMarker }) };
        isMore = page.IsTruncated === true;
      }
      expect(found).toEqual(['a!', 'a', 'a', 'b/1!', 'b/2!', '-c', 'c']);
      const folded = await alice.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', Prefix: '' }));
      expect(folded.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
      await expect(alice.send(new ListObjectVersionsCommand({ Bucket, VersionIdMarker: 'x' }))).rejects.toEqual(refused('InvalidArgument', 400));
    });
  });

  describe('ACLs', () => {
    it('let strangers in for what they say', async () => {
      const Bucket = await bucket({ ACL: 'public-read' });
      await put(Bucket, 'secret');
      await put(Bucket, 'open', 'open', alice, { ACL: 'public-read' });
      expect((await nobody.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(2);
      expect(await text(Bucket, 'open', nobody)).toBe('open');
      await expect(text(Bucket, 'secret', nobody)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(text(Bucket, 'secret', bob)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(put(Bucket, 'new', 'x', bob)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(text(Bucket, 'missing', nobody)).rejects.toEqual(refused('NoSuchKey', 404));
    });

    it('do not tell who may not list what is missing', async () => {
      const Bucket = await bucket();
      await expect(text(Bucket, 'missing', bob)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(text(Bucket, 'missing', nobody)).rejects.toEqual(refused('AccessDenied', 403));
    });

    it('belong to all operators of the project; readers look only', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a');
      expect(await text(Bucket, 'a', amy)).toBe('body');
      expect(await text(Bucket, 'a', reader)).toBe('body');
      await put(Bucket, 'b', 'amy', amy);
      await expect(put(Bucket, 'c', 'x', reader)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(reader.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).rejects.toEqual(refused('AccessDenied', 403));
    });

    it('grant by the name that S3 shows, by a project\'s id, and by headers; unknown names are refused', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a');
      await alice.send(new PutObjectAclCommand({ Bucket, Key: 'a', GrantRead: 'id="other:bob"', GrantReadACP: `id=${otherProject}` }));
      expect(await text(Bucket, 'a', bob)).toBe('body');
      const { Grants, Owner } = await bob.send(new GetObjectAclCommand({ Bucket, Key: 'a' }));
      expect(Owner).toEqual({ ID: 'demo:alice', DisplayName: 'demo:alice' });
      expect(Grants?.map(({ Grantee, Permission }) => [Grantee?.ID, Permission])).toEqual([['other:bob', 'READ'], [otherProject, 'READ_ACP']]);
      for (const id of ['_foo', 'other:carol', 'nowhere:bob', '']) await expect(alice.send(new PutBucketAclCommand({ Bucket, GrantRead: `id="${id}"` }))).rejects.toEqual(refused('InvalidArgument', 400));
      await expect(alice.send(new PutBucketAclCommand({ Bucket, GrantRead: 'emailAddress="bob@example.org"' }))).rejects.toEqual(refused('UnresolvableGrantByEmailAddress', 400));
      await expect(alice.send(new PutBucketAclCommand({ Bucket, ACL: 'private', GrantRead: 'id="other:bob"' }))).rejects.toEqual(refused('InvalidRequest', 400));
    });

    it('of what others put are theirs, until the bucket\'s owner owns everything', async () => {
      const Bucket = await bucket({ ACL: 'public-read-write' });
      await put(Bucket, 'theirs', 'x', bob);
      await expect(text(Bucket, 'theirs')).rejects.toEqual(refused('AccessDenied', 403));
      await put(Bucket, 'given', 'x', bob, { ACL: 'bucket-owner-full-control' });
      expect(await text(Bucket, 'given')).toBe('x');
      await alice.send(new PutBucketAclCommand({ Bucket, ACL: 'private' }));
      await alice.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }));
      expect(await text(Bucket, 'theirs')).toBe('x');
      await expect(alice.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))).rejects.toEqual(refused('AccessControlListNotSupported', 400));
    });
  });

  describe('bucket policies', () => {
    const policy = (Bucket: string, ...statements: object[]) => alice.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements.map((statement) => ({ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*`, ...statement })) }) }));

    it('allow and deny by prefix, tag and who asks', async () => {
      const Bucket = await bucket();
      for (const key of ['public/a', 'private/a', 'tagged']) await put(Bucket, key);
      await alice.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: { TagSet: [{ Key: 'level', Value: 'open' }] } }));
      await policy(Bucket, { Resource: `arn:aws:s3:::${Bucket}/public/*` }, { Principal: { AWS: `arn:aws:iam::${otherProject}:user/bob` }, Condition: { StringEquals: { 's3:ExistingObjectTag/level': 'open' } } });
      expect(await text(Bucket, 'public/a', nobody)).toBe('body');
      expect(await text(Bucket, 'tagged', bob)).toBe('body');
      await expect(text(Bucket, 'tagged', nobody)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(text(Bucket, 'private/a', bob)).rejects.toEqual(refused('AccessDenied', 403));
    });

    it('that deny win over ownership, except for mending them', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a');
      await policy(Bucket, { Effect: 'Deny', Action: 's3:*', Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] });
      await expect(text(Bucket, 'a')).rejects.toEqual(refused('AccessDenied', 403));
      await policy(Bucket, { Effect: 'Deny', Action: 's3:PutObject' });
      expect(await text(Bucket, 'a')).toBe('body');
    }, 20_000);

    it('that are public are blocked and ignored on demand', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a', 'x', alice, { ACL: 'public-read' });
      const block = (changes: object) => alice.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: changes }));
      await policy(Bucket, {});
      expect((await alice.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic).toBe(true);
      await block({ BlockPublicPolicy: true, RestrictPublicBuckets: true, IgnorePublicAcls: true, BlockPublicAcls: true });
      await expect(policy(Bucket, {})).rejects.toEqual(refused('AccessDenied', 403));
      await expect(text(Bucket, 'a', nobody)).rejects.toEqual(refused('AccessDenied', 403));
      await expect(put(Bucket, 'b', 'x', alice, { ACL: 'public-read' })).rejects.toEqual(refused('AccessDenied', 403));
      expect(await text(Bucket, 'a', amy)).toBe('x');
      await alice.send(new DeletePublicAccessBlockCommand({ Bucket }));
      expect(await text(Bucket, 'a', nobody)).toBe('x');
    });
  });

  describe('object lock', () => {
    const locked = () => bucket({ ObjectLockEnabledForBucket: true });
    const until = () => new Date(storage.clock.now() + days(30));

    it('keeps a version from every way of removing it, in both APIs', async () => {
      const Bucket = await locked();
      const { VersionId } = await put(Bucket, 'a', 'x', alice, { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until() });
      const remove = (more: object = {}) => alice.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId, ...more }));
      await expect(remove()).rejects.toEqual(refused('AccessDenied', 403));
      await expect(remove({ BypassGovernanceRetention: true })).rejects.toEqual(refused('AccessDenied', 403));
      expect((await alice.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a', VersionId }] } }))).Errors).toMatchObject([{ Code: 'AccessDenied', Key: 'a' }]);
      const { object } = await storage.objects.locate(`AUTH_${demoProject}`, Bucket, 'a');
      await expect(storage.objects.remove(object === undefined ? { id: '' as never } : { id: object.containerId }, 'a', { version: object?.version ?? 0n })).rejects.toMatchObject({ code: 'object-storage.object.held' });
      await expect(alice.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }))).rejects.toEqual(refused('InvalidBucketState', 409));
      await put(Bucket, 'a', 'newer');
      expect(await text(Bucket, 'a', alice, VersionId)).toBe('x');
      storage.clock.advance(days(31));
      await remove();
      await expect(text(Bucket, 'a', alice, VersionId)).rejects.toEqual(refused('NoSuchVersion', 404));
    });

    it('lets governance be set aside by right, and a legal hold be lifted', async () => {
      const Bucket = await locked();
      const { VersionId } = await put(Bucket, 'a', 'x', alice, { ObjectLockLegalHoldStatus: 'ON' });
      await alice.send(new PutObjectRetentionCommand({ Bucket, Key: 'a', Retention: { Mode: 'GOVERNANCE', RetainUntilDate: until() } }));
      expect(await alice.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).toMatchObject({ ObjectLockMode: 'GOVERNANCE', ObjectLockLegalHoldStatus: 'ON', ObjectLockRetainUntilDate: until() });
      const remove = () => alice.send(new DeleteObjectCommand({ Bucket, Key: 'a', VersionId, BypassGovernanceRetention: true }));
      await expect(remove()).rejects.toEqual(refused('AccessDenied', 403));
      await alice.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'a', LegalHold: { Status: 'OFF' } }));
      await remove();
    });
  });

  describe('tags, encryption, CORS', () => {
    it('keeps tags with an object and through copies', async () => {
      const Bucket = await bucket();
      await put(Bucket, 'a', 'x', alice, { Tagging: 'b=2&a=1' });
      await alice.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/a` }));
      await alice.send(new CopyObjectCommand({ Bucket, Key: 'other', CopySource: `${Bucket}/a`, TaggingDirective: 'REPLACE', Tagging: 'c=3' }));
      const tags = async (Key: string) => (await alice.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;
      expect(await tags('copy')).toEqual([{ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }]);
      expect(await tags('other')).toEqual([{ Key: 'c', Value: '3' }]);
      expect((await alice.send(new GetObjectCommand({ Bucket, Key: 'copy' }))).TagCount).toBe(2);
    });

    it('tells of encryption that was asked for, and refuses what it cannot keep', async () => {
      const Bucket = await bucket();
      await alice.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] } }));
      expect((await put(Bucket, 'a')).ServerSideEncryption).toBe('AES256');
      await expect(put(Bucket, 'a', 'x', alice, { ServerSideEncryption: 'aws:kms' })).rejects.toEqual(refused('NotImplemented', 501));
      await expect(put(Bucket, 'a', 'x', alice, { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) })).rejects.toEqual(refused('InvalidRequest', 400));
    });

    it('answers preflights and tells pages what they may read, of errors too', async () => {
      const Bucket = await bucket({ ACL: 'public-read' });
      await alice.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['https://*.example.org'], AllowedHeaders: ['x-a'], MaxAgeSeconds: 9 }] } }));
      const ask = (path: string, method: string, headers: Record<string, string>) => storage.request(path, { method, headers });
      const preflight = await ask(`/${Bucket}/a`, 'OPTIONS', { origin: 'https://a.example.org', 'access-control-request-method': 'GET', 'access-control-request-headers': 'X-A' });
      expect([preflight.status, preflight.headers.get('access-control-allow-headers'), preflight.headers.get('access-control-max-age')]).toEqual([200, 'x-a', '9']);
      expect((await ask(`/${Bucket}/a`, 'OPTIONS', { origin: 'https://evil.org', 'access-control-request-method': 'GET' })).status).toBe(403);
      expect((await ask(`/${Bucket}/a`, 'OPTIONS', {})).status).toBe(400);
      const missing = await ask(`/${Bucket}/missing`, 'GET', { origin: 'https://a.example.org' });
      expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, 'https://a.example.org']);
    });
  });

  describe('lifecycle', () => {
    it('lets go of what the rules say, of nothing else, and with any number of workers', async () => {
      const Bucket = await bucket();
      await alice.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
      for (const key of ['old/a', 'old/a', 'old/b', 'keep/a', 'keep/a']) await put(Bucket, key);
      await alice.send(new DeleteObjectCommand({ Bucket, Key: 'old/b' }));
      await alice.send(new CreateMultipartUploadCommand({ Bucket, Key: 'old/upload' }));
      await alice.send(new CreateMultipartUploadCommand({ Bucket, Key: 'keep/upload' }));
      await alice.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [{
        ID: 'r', Status: 'Enabled', Filter: { Prefix: 'old/' }, Expiration: { Days: 5 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      }] } }));
      const head = await alice.send(new HeadObjectCommand({ Bucket, Key: 'old/a' }));
      expect(head.Expiration).toContain('rule-id="r"');
      const versions = async () => {
        const { Versions = [], DeleteMarkers = [] } = await alice.send(new ListObjectVersionsCommand({ Bucket }));
        return [...Versions.map(({ Key }) => Key), ...DeleteMarkers.map(({ Key }) => `-${Key}`)];
      };
      const worker = storage.app.get(LifecycleWorker);
      const work = () => Promise.all(Array.from({ length: 4 }, () => worker.run(new AbortController().signal)));
      await work();
      expect(await versions()).toEqual(['keep/a', 'keep/a', 'old/a', 'old/a', 'old/b', '-old/b']);
      storage.clock.advance(days(3));
      await work();
      expect(await versions()).toEqual(['keep/a', 'keep/a', 'old/a', '-old/b']);
      expect((await alice.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads?.map(({ Key }) => Key)).toEqual(['keep/upload']);
      storage.clock.advance(days(3));
      await work();
      expect(await versions()).toEqual(['keep/a', 'keep/a', 'old/a', '-old/a']);
      storage.clock.advance(days(3));
      await work();
      storage.clock.advance(days(9));
      await work();
      expect(await versions()).toEqual(['keep/a', 'keep/a']);
    }, 30_000);
  });

  describe('a browser\'s form', () => {
    const policyOf = (conditions: unknown[]) => Buffer.from(JSON.stringify({ expiration: new Date(storage.clock.now() + minutes(5)).toISOString().replace(/\.\d+/, ''), conditions })).toString('base64');
    const send = async (Bucket: string, fields: Record<string, string>, file = 'contents', filename = 'photo.jpg') => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([file], { type: 'image/jpeg' }), filename);
      return storage.request(`/${Bucket}`, { method: 'POST', body: form, redirect: 'manual' });
    };
    const signed = (conditions: unknown[]) => {
      const policy = policyOf(conditions);
      return { policy, AWSAccessKeyId: 'alice', signature: createHmac('sha1', 'secret of alice').update(policy).digest('base64') };
    };

    it('puts what its signed policy allows', async () => {
      const Bucket = await bucket();
      const conditions = [{ bucket: Bucket }, ['starts-with', '$key', 'up/'], ['content-length-range', 1, 10], ['starts-with', '$success_action_status', ''], ['starts-with', '$x-amz-meta-a', '']];
      const answer = await send(Bucket, { key: 'up/${filename}', success_action_status: '201', 'x-amz-meta-a': 'b', ...signed(conditions) });
      expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining('<Key>up/photo.jpg</Key>')]);
      expect(await alice.send(new HeadObjectCommand({ Bucket, Key: 'up/photo.jpg' }))).toMatchObject({ ContentType: 'image/jpeg', ContentLength: 8, Metadata: { a: 'b' } });
      expect((await send(Bucket, { key: 'up/x', ...signed(conditions) }, 'far too long for it')).status).toBe(400);
      expect((await send(Bucket, { key: 'down/x', ...signed(conditions) })).status).toBe(403);
      expect((await send(Bucket, { key: 'up/x', ...signed(conditions), acl: 'public-read' })).status).toBe(403);
      expect((await send(Bucket, { key: 'up/x', ...signed(conditions), signature: 'bad' })).status).toBe(403);
      expect((await send(Bucket, { key: 'up/x' })).status).toBe(403);
    });

    it('of nobody puts where everybody may, and sends the browser on', async () => {
      const Bucket = await bucket({ ACL: 'public-read-write' });
      const answer = await send(Bucket, { key: 'a b', success_action_redirect: 'https://example.org/done' });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, expect.stringMatching(new RegExp(`^https://example.org/done\\?bucket=${Bucket}&key=a%20b&etag=%22[0-9a-f]{32}%22$`))]);
      expect(await text(Bucket, 'a b')).toBe('contents');
      expect((await alice.send(new GetBucketAclCommand({ Bucket }))).Owner?.ID).toBe('demo:alice');
    });
  });
});
