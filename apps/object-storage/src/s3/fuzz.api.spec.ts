import { createHash, createHmac } from 'node:crypto';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { systemClock } from '@virga/kernel';
import { fc, runs } from '@virga/testing/fast-check';
import { personaKey, useObjectStorage } from '../testing/index.js';

/** What the signer of AWS's client hashes with. */
class Sha256 {
  private readonly hash;

  constructor(secret?: unknown) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Buffer);
  }

  update(bytes: Uint8Array | string): void {
    this.hash.update(bytes);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
}

describe('fuzzing S3', () => {
  // AWS's signer takes this machine's time.
  const storage = useObjectStorage({ clock: systemClock });
  let alice: S3Client;

  beforeAll(() => {
    alice = new S3Client({ endpoint: storage.url, region: 'us-east-1', forcePathStyle: true, credentials: personaKey('alice'), maxAttempts: 1 });
  });
  afterAll(() => alice.destroy());

  const awkward = fc.oneof(fc.string({ maxLength: 30, unit: 'binary' }), fc.constantFrom('constructor', '__proto__', '', '0', '-1', '99999999999999999999', '%', '%00', '\u0000', '../..', 'bytes=0-', 'bytes=9-1', '*', '"', 'x'.repeat(3000), 'null', 'true', 'AAAA', 'Sat, 99 Foo 2000'));
  const header = fc.constantFrom('range', 'if-match', 'if-none-match', 'if-modified-since', 'x-amz-copy-source', 'x-amz-copy-source-range', 'x-amz-metadata-directive', 'content-md5', 'x-amz-checksum-crc32', 'x-amz-sdk-checksum-algorithm',
    'x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-meta-a', 'content-type', 'content-encoding', 'x-amz-storage-class', 'x-amz-acl', 'x-amz-tagging', 'x-amz-object-attributes', 'x-amz-max-parts', 'x-amz-trailer', 'x-amz-grant-read',
    'x-amz-server-side-encryption', 'x-amz-object-lock-mode', 'x-amz-expected-bucket-owner', 'expires');
  const parameter = fc.constantFrom('prefix', 'delimiter', 'marker', 'max-keys', 'list-type', 'continuation-token', 'start-after', 'encoding-type', 'fetch-owner', 'uploads', 'uploadId', 'partNumber', 'versionId', 'delete', 'location', 'attributes',
    'key-marker', 'upload-id-marker', 'max-uploads', 'versions', 'version-id-marker', 'acl', 'tagging', 'cors', 'policy', 'versioning', 'lifecycle', 'response-content-type', 'response-expires', 'max-parts', 'part-number-marker', 'object-lock', 'retention', 'legal-hold', 'allow-unordered');
  const text = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom('', '<', '<Delete/>', '<Delete><Object/></Delete>', '<Delete><Object><Key>a</Key><VersionId>x</VersionId></Object></Delete>', '<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>', '<CreateBucketConfiguration><LocationConstraint>&#x1F4A9;</LocationConstraint></CreateBucketConfiguration>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<AccessControlPolicy/>', '<Tagging/>', '<VersioningConfiguration/>', '{"Version":1}'));

  it('never makes the service fail', async () => {
    const [Bucket, Key] = ['fuzzed', 'key'];
    await alice.send(new CreateBucketCommand({ Bucket }));
    await alice.send(new PutObjectCommand({ Bucket, Key, Body: 'key' }));
    const upload = (await alice.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId!;
    const signer = new SignatureV4({ service: 's3', region: 'us-east-1', credentials: personaKey('alice'), sha256: Sha256 as never, uriEscapePath: false, applyChecksum: true });
    const path = fc.constantFrom('/', `/${Bucket}`, `/${Bucket}/key`, `/${Bucket}/missing`, `/${Bucket}//`, '/nowhere', '/nowhere/key');
    await fc.assert(fc.asyncProperty(
      fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE'), path, fc.array(fc.tuple(parameter, fc.oneof(awkward, fc.constant(upload))), { maxLength: 3 }), fc.array(fc.tuple(header, awkward), { maxLength: 3 }), text,
      async (method, at, parameters, headers, body) => {
        const query = Object.fromEntries(parameters.map(([name, value]) => [name, value.toWellFormed()]));
        // What cannot stand in a header at all is the client's own problem.
        const sent = Object.fromEntries(headers.map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, '').trim()]));
        const signed = await signer.sign({
          method, protocol: 'http:', hostname: '127.0.0.1', port: storage.port, path: at, query, headers: { ...sent, host: `127.0.0.1:${storage.port}` }, ...(method !== 'GET' && method !== 'HEAD' && { body }),
        }, { signingDate: new Date() });
        const wire = Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host'));
        const search = Object.entries(query).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
        const answer = await fetch(`${storage.url}${at}?${search}`, { method, headers: wire, ...(method !== 'GET' && method !== 'HEAD' && { body }) });
        await answer.arrayBuffer();
        if (answer.status >= 500 && answer.status !== 501) throw new Error(`${answer.status} for ${method} ${at}?${search} ${JSON.stringify(sent)} ${body}`);
      },
    ), { numRuns: runs(400), endOnFailure: true });
  }, 60_000);
});
