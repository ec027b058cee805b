import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { ownEntry } from '@virga/kernel';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { Access } from '../access.js';
import { ObjectFeatures } from '../object-features/object-features.js';
import { bucketNameIsPossible } from '../operations/bucket-names.js';
import { metadataOf, DEFAULT_CONTENT_TYPE } from '../operations/object-metadata.js';
import { newVersionHeader } from '../operations/object-replies.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { emptyReply } from '../operations/replies.js';
import { WriteLimits } from '../operations/write-limits.js';
import { LARGEST_PUT } from '../operations/write-operations.js';
import { requireKey } from '../request/address.js';
import { Headers, type BucketRequest, type S3Request } from '../request/s3-request.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { MOST_OBJECT_TAGS, tagsOfDocument } from '../tagging/tags.js';
import { readXml } from '../xml/xml-reader.js';
import { bareXmlDocument, xml } from '../xml/xml-writer.js';
import { FormSignatures } from './form-signatures.js';
import { readForm, type PostForm } from './post-form.js';
import { readPostPolicy, requireAllowed, type PostPolicy } from './post-policy.js';

type NamedRequest = S3Request & { bucketName: string };

/** Fields that are named otherwise than the header they stand for. */
const FIELD_OF_HEADER: Readonly<Record<string, string>> = { 'x-amz-acl': 'acl' };

/** Uploads by a browser's form: who made the page signed what its user may send. */
@Injectable()
export class PostOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'PostObject', on: 'bucket-name', method: 'POST', run: (request) => this.post(request) },
  ];

  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly access: Access,
    private readonly signatures: FormSignatures,
    private readonly features: ObjectFeatures,
    private readonly limits: WriteLimits,
  ) {}

  private async post(request: NamedRequest): Promise<FrontReply> {
    const form = await readForm(request.headers.get('content-type'), request.body.stream());
    const signed = await this.signatures.verify(request.front, form.fields);
    const policy = signed && readPostPolicy(signed.policy);
    const key = keyOf(form);
    const fields = new Map([...form.fields, ['bucket', request.bucketName], ['key', key]]);
    if (policy !== undefined) requireAllowed(policy, fields, request.now);
    const bucket = await this.bucketOf(request, signed?.caller.account);
    const inBucket: BucketRequest = { ...request, caller: signed?.caller, bucket };
    request.isJudged = true;
    const object = await this.put(inBucket, key, form, policy);
    return replyOf(request, object, bucket, form.fields, this.features.putHeaders(object, bucket));
  }

  private async bucketOf({ bucketName }: NamedRequest, account: string | undefined): Promise<Container> {
    const bucket = bucketNameIsPossible(bucketName) ? await this.containers.findBucket(bucketName, account) : undefined;
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { fields: { BucketName: bucketName } });
    return bucket;
  }

  private async put(request: BucketRequest, key: string, { fields, file }: PostForm, policy: PostPolicy | undefined): Promise<StoredObject> {
    const { bucket, signal } = request;
    const tagging = fields.get('tagging');
    const tags = tagging === undefined ? undefined : tagsOfDocument(readXml(Buffer.from(tagging), 'Tagging'), MOST_OBJECT_TAGS);
    const header = (name: string): string | undefined => fields.get(ownEntry(FIELD_OF_HEADER, name) ?? name);
    const terms: BucketRequest = { ...request, headers: fieldHeaders(request, header), ...(tags !== undefined && { requestTags: tags }) };
    await this.access.require(terms, 's3:PutObject', { bucket, key });
    await this.limits.requireTurn(request);
    requireStorageClass(fields.get('x-amz-storage-class'));
    const settings = await this.features.ofPut({ request: terms, key, header, ...(tags !== undefined && { tags }) });
    const metadata = metadataOf(new Headers(Object.fromEntries(fields)));
    const { least = 0, most = LARGEST_PUT } = policy?.length ?? {};
    const contentType = fields.get('content-type') ?? file.contentType ?? DEFAULT_CONTENT_TYPE;
    const bytes = Readable.from(limited(file.bytes, least, Math.min(most, LARGEST_PUT)));
    return this.objects.withStaged(bucket, bytes, { maxBytes: LARGEST_PUT, signal }, async (staged) => {
      // How long a form's file is shows only at its end.
      await this.limits.requireRoom(request, staged.sizeBytes);
      return (await this.objects.commit(bucket, { name: key, staged, contentType, metadata, settings })).object;
    });
  }
}

/** Policies look at the form's fields where other requests have headers. */
function fieldHeaders({ front, headers }: BucketRequest, header: (name: string) => string | undefined): Headers {
  const own = Object.fromEntries(['referer', 'user-agent', 'host', 'x-forwarded-proto'].flatMap((name) => (headers.has(name) ? [[name, front.headers[name]]] : [])));
  const named = ['x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id', 'x-amz-storage-class', 'x-amz-object-lock-mode',
    'x-amz-object-lock-retain-until-date', 'x-amz-object-lock-legal-hold', 'x-amz-grant-read', 'x-amz-grant-write', 'x-amz-grant-read-acp', 'x-amz-grant-write-acp', 'x-amz-grant-full-control'];
  return new Headers({ ...own, ...Object.fromEntries(named.flatMap((name) => (header(name) === undefined ? [] : [[name, header(name)]]))) });
}

/** The file as long as it is of an allowed length; it is known to be whole only at its end. */
async function* limited(bytes: AsyncIterable<Buffer>, least: number, most: number): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > most) throw new S3Error('EntityTooLarge', { fields: { ProposedSize: String(length), MaxSizeAllowed: String(most) } });
    yield chunk;
  }
  if (length < least) throw new S3Error('EntityTooSmall', { fields: { ProposedSize: String(length), MinSizeAllowed: String(least) } });
}

function keyOf({ fields, file }: PostForm): string {
  const field = fields.get('key');
  if (field === undefined || field === '') throw invalidArgument('key', '', 'Bucket POST must contain a field named \'key\'.  If it is specified, please check the order of the fields.');
  const key = field.replaceAll('${filename}', () => file.name);
  if (key === '') throw invalidArgument('key', '', 'User key must have a length greater than 0.');
  requireKey(key);
  return key;
}

function requireStorageClass(storageClass: string | undefined): void {
  if (storageClass !== undefined && storageClass !== 'STANDARD') throw new S3Error('InvalidStorageClass', { fields: { StorageClassRequested: storageClass } });
}

function replyOf(request: NamedRequest, object: StoredObject, bucket: Container, fields: ReadonlyMap<string, string>, extra: Record<string, string>): FrontReply {
  const etag = `"${object.etag}"`;
  const location = `http://${request.headers.get('host') ?? ''}/${bucket.name}/${encodeURIComponent(object.name).replaceAll('%2F', '/')}`;
  const headers = { etag, location, ...newVersionHeader(object), ...extra };
  const redirect = redirectOf(fields.get('success_action_redirect') ?? fields.get('redirect'), { bucket: bucket.name, key: object.name, etag });
  if (redirect !== undefined) return emptyReply(303, { ...headers, location: redirect });
  const status = fields.get('success_action_status');
  if (status !== '201') return emptyReply(status === '200' ? 200 : 204, headers);
  const body = bareXmlDocument('PostResponse', [xml('Location', location), xml('Bucket', bucket.name), xml('Key', object.name), xml('ETag', etag)]);
  return { status: 201, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** Where the browser goes next; what is no web address is ignored, as S3 does. */
function redirectOf(target: string | undefined, told: Record<string, string>): string | undefined {
  if (target === undefined || !URL.canParse(target) || !/^https?:\/\/[\x21-\x7e]+$/i.test(target)) return undefined;
  const query = Object.entries(told).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
}
