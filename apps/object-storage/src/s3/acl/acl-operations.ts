import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects } from '../../objects/index.js';
import { Access } from '../access.js';
import { LookUp } from '../operations/look-up.js';
import { versionHeader } from '../operations/object-replies.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { documentReply, emptyReply } from '../operations/replies.js';
import type { BucketRequest, ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { readXml } from '../xml/xml-reader.js';
import { aclDocument } from './acl-document.js';
import { bucketAcl, bucketOwner, isPrivate, objectAcl, objectOwner, privateGrants, type Acl, type Grant } from './acl.js';
import { Acls, termsOf, type AclTerms } from './acls.js';

/** An ACL of a hundred grants, each with a long name. */
const LARGEST_ACL = 256 * 1024;

/** The ACLs of buckets and objects. */
@Injectable()
export class AclOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetBucketAcl', on: 'bucket', method: 'GET', query: ['acl'], run: (request) => this.ofBucket(request) },
    { name: 'PutBucketAcl', on: 'bucket', method: 'PUT', query: ['acl'], run: (request) => this.putOfBucket(request) },
    { name: 'GetObjectAcl', on: 'object', method: 'GET', query: ['acl'], run: (request) => this.ofObject(request) },
    { name: 'PutObjectAcl', on: 'object', method: 'PUT', query: ['acl'], run: (request) => this.putOfObject(request) },
  ];

  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly access: Access,
    private readonly acls: Acls,
    private readonly lookUp: LookUp,
  ) {}

  private async ofBucket(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetBucketAcl', request);
    return documentReply(aclDocument(shown(request, bucketAcl(request.bucket))));
  }

  private async putOfBucket(request: BucketRequest): Promise<FrontReply> {
    const { bucket } = request;
    await this.access.require(request, 's3:PutBucketAcl', request);
    const owner = bucketOwner(bucket);
    const grants = await this.asked(request, termsOf(owner, bucket));
    await this.containers.change(bucket.id, { settings: { acl: isPrivate({ owner, grants }) ? undefined : grants } });
    return emptyReply(200);
  }

  private async ofObject(request: ObjectRequest): Promise<FrontReply> {
    const object = await this.lookUp.visible(request, 's3:GetObjectAcl');
    return documentReply(aclDocument(shown(request, objectAcl(object, request.bucket))), versionHeader(request.bucket, object));
  }

  private async putOfObject(request: ObjectRequest): Promise<FrontReply> {
    const { bucket } = request;
    const object = await this.lookUp.visible(request, 's3:PutObjectAcl');
    const owner = objectOwner(object, bucket);
    const grants = await this.asked(request, termsOf(owner, bucket));
    await this.objects.change(bucket, object, { settings: { acl: isPrivate({ owner, grants }) ? undefined : grants }, keepsModifiedAt: true });
    return emptyReply(200, versionHeader(bucket, object));
  }

  /** By headers or by a document, never by both. */
  private async asked(request: BucketRequest, terms: AclTerms): Promise<readonly Grant[]> {
    const byHeaders = await this.acls.ofHeaders((name) => request.headers.get(name), terms);
    const bytes = await request.body.bytes(LARGEST_ACL);
    if (byHeaders !== undefined && bytes.length > 0) throw new S3Error('UnexpectedContent');
    if (byHeaders !== undefined) return byHeaders;
    if (bytes.length === 0) throw new S3Error('MissingSecurityHeader', { message: 'Your request was missing a required header', fields: { MissingHeaderName: 'x-amz-acl' } });
    return this.acls.ofDocument(readXml(bytes, 'AccessControlPolicy'), terms);
  }
}

/** What counts: with ACLs turned off, the bucket's owner alone. */
function shown({ bucket }: BucketRequest, acl: Acl): Acl {
  if (bucket.settings.ownership !== 'BucketOwnerEnforced') return acl;
  const owner = bucketOwner(bucket);
  return { owner, grants: privateGrants(owner) };
}
