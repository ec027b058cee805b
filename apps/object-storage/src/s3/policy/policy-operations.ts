import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Access } from '../access.js';
import { bucketAcl, isPublicAcl } from '../acl/acl.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { emptyReply, xmlReply } from '../operations/replies.js';
import type { BucketRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { xml } from '../xml/xml-writer.js';
import { LARGEST_POLICY_BYTES, readPolicy } from './policy-document.js';
import { isPublicPolicy } from './policy-evaluation.js';

/** A bucket's policy, and whether it lets everybody in. */
@Injectable()
export class PolicyOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetBucketPolicy', on: 'bucket', method: 'GET', query: ['policy'], run: (request) => this.get(request) },
    { name: 'PutBucketPolicy', on: 'bucket', method: 'PUT', query: ['policy'], run: (request) => this.put(request) },
    { name: 'DeleteBucketPolicy', on: 'bucket', method: 'DELETE', query: ['policy'], run: (request) => this.remove(request) },
    { name: 'GetBucketPolicyStatus', on: 'bucket', method: 'GET', query: ['policyStatus'], run: (request) => this.status(request) },
  ];

  constructor(private readonly containers: Containers, private readonly access: Access) {}

  private async get(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetBucketPolicy', request);
    const { policy } = request.bucket.settings;
    if (policy === undefined) throw new S3Error('NoSuchBucketPolicy', { fields: { BucketName: request.bucketName } });
    return { status: 200, headers: { 'content-type': 'application/json' }, body: policy };
  }

  private async put(request: BucketRequest): Promise<FrontReply> {
    const { bucket } = request;
    await this.access.require(request, 's3:PutBucketPolicy', request);
    const bytes = await request.body.bytes(LARGEST_POLICY_BYTES);
    const text = bytes.toString();
    // What PostgreSQL's JSON cannot hold, and what was no UTF-8.
    if (!Buffer.from(text).equals(bytes) || text.includes('\0') || /\\u0000/i.test(text)) throw new S3Error('MalformedPolicy');
    const read = readPolicy(text, bucket.name);
    if (bucket.settings.publicAccessBlock?.blockPublicPolicy === true && isPublicPolicy(read)) {
      throw new S3Error('AccessDenied', { message: 'Public policies are blocked by the bucket\'s public access block.' });
    }
    await this.containers.change(bucket.id, { settings: { policy: text } });
    return emptyReply(204);
  }

  private async remove(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:DeleteBucketPolicy', request);
    await this.containers.change(request.bucket.id, { settings: { policy: undefined } });
    return emptyReply(204);
  }

  /** Counts the ACL too, as Ceph does: what matters is whether strangers get in. */
  private async status(request: BucketRequest): Promise<FrontReply> {
    const { bucket } = request;
    await this.access.require(request, 's3:GetBucketPolicyStatus', request);
    const { policy, publicAccessBlock } = bucket.settings;
    const byAcl = publicAccessBlock?.ignorePublicAcls !== true && isPublicAcl(bucketAcl(bucket).grants);
    const byPolicy = policy !== undefined && publicAccessBlock?.restrictPublicBuckets !== true && isPublicPolicy(readPolicy(policy, bucket.name));
    return xmlReply('PolicyStatus', [xml('IsPublic', byAcl || byPolicy ? 'true' : 'false')]);
  }
}
