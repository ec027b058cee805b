import { Inject, Injectable } from '@nestjs/common';
import { BucketTaken, ContainerNotFound, Containers, type Container, type ContainerSettings } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir } from '../../listing/index.js';
import { RateLimits } from '../../rates/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { DEFAULT_REGION } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { countParameter, textParameter } from '../request/parameters.js';
import type { BucketRequest, S3Request } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { readXml } from '../xml/xml-reader.js';
import { optional, xml } from '../xml/xml-writer.js';
import { requireBucketName } from './bucket-names.js';
import { isOwnRegion } from '../signature/regions.js';
import { NewBuckets } from './new-bucket.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { ownerXml } from '../acl/acl-document.js';
import { canonicalUser } from '../acl/acl.js';
import { emptyReply, xmlReply } from './replies.js';
import { xmlTime } from './times.js';

/** A CreateBucketConfiguration has one short element. */
const LARGEST_CONFIGURATION = 16_384;
/** ListBuckets answers so many at most; the client asks on with a token. */
const MOST_BUCKETS = 10_000;

declare module '../../containers/container.js' {
  interface ContainerSettings {
    /** The region that the bucket was asked to be in, where that is not S3's first. */
    location?: string;
  }
}

/** Buckets as such: listing, making, looking for and removing them. */
@Injectable()
export class BucketOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'ListBuckets', on: 'service', method: 'GET', run: (request) => this.list(request) },
    { name: 'CreateBucket', on: 'bucket-name', method: 'PUT', run: (request) => this.create(request) },
    { name: 'HeadBucket', on: 'bucket', method: 'HEAD', run: (request) => this.head(request) },
    { name: 'DeleteBucket', on: 'bucket', method: 'DELETE', run: (request) => this.remove(request) },
    { name: 'GetBucketLocation', on: 'bucket', method: 'GET', query: ['location'], run: (request) => this.location(request) },
  ];

  constructor(
    private readonly containers: Containers,
    private readonly access: Access,
    private readonly newBuckets: NewBuckets,
    private readonly rates: RateLimits,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
  ) {}

  private async list(request: S3Request): Promise<FrontReply> {
    const { caller, query } = request;
    if (caller === undefined) return noBuckets(request);
    await this.access.require(request, 's3:ListAllMyBuckets', {});
    const limit = Math.min(Math.max(countParameter(query, 'max-buckets', MOST_BUCKETS), 1), MOST_BUCKETS);
    const [prefix, marker] = [textParameter(query, 'prefix'), textParameter(query, 'continuation-token')];
    const found = await this.containers.page(caller.account, { limit: limit + 1, ...(prefix !== undefined && { prefix }), ...(marker !== undefined && { marker }) });
    const buckets = found.filter((entry): entry is Container => !isSubdir(entry)).slice(0, limit);
    return xmlReply('ListAllMyBucketsResult', [
      ownerXml('Owner', canonicalUser(caller)),
      xml('Buckets', buckets.map((bucket) => xml('Bucket', [xml('Name', bucket.name), xml('CreationDate', xmlTime(bucket.createdAt))]))),
      optional('Prefix', prefix),
      found.length > limit ? optional('ContinuationToken', buckets.at(-1)?.name) : undefined,
    ]);
  }

  private async create(request: S3Request & { bucketName: string }): Promise<FrontReply> {
    const { bucketName, caller } = request;
    await this.access.require(request, 's3:CreateBucket', { bucketName });
    requireBucketName(bucketName);
    const location = await this.requestedLocation(request);
    if (caller === undefined) throw new S3Error('AccessDenied');
    await this.rates.forAccount(caller.account, request.signal);
    const settings = { ...await this.newBuckets.settings(request, caller), ...(location !== undefined && { location }) };
    const made = await this.containers.create(caller.account, bucketName, { metadata: {}, settings, claimBucket: true }).catch((error: unknown) => {
      throw error instanceof BucketTaken ? new S3Error('BucketAlreadyExists', { fields: { BucketName: bucketName } }) : error;
    });
    if (!made.isNew) requireSameBucket(made.container, settings);
    return emptyReply(200, { location: `/${bucketName}` });
  }

  private async requestedLocation(request: S3Request): Promise<string | undefined> {
    const bytes = await request.body.bytes(LARGEST_CONFIGURATION);
    if (bytes.length === 0) return undefined;
    const location = readXml(bytes, 'CreateBucketConfiguration').textOf('LocationConstraint')?.trim() ?? '';
    if (!isOwnRegion(location, this.settings)) throw new S3Error('InvalidLocationConstraint', { fields: { LocationConstraint: location } });
    return location === '' || location === DEFAULT_REGION ? undefined : location;
  }

  private async head(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:ListBucket', { bucket: request.bucket });
    const { settings, objectCount, bytesUsed } = request.bucket;
    return emptyReply(200, {
      'content-type': 'application/xml', 'x-amz-bucket-region': settings.location ?? DEFAULT_REGION,
      // Ceph's names for what Swift tells of a container too.
      'x-rgw-object-count': String(objectCount), 'x-rgw-bytes-used': String(bytesUsed),
    });
  }

  private async remove(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:DeleteBucket', { bucket: request.bucket });
    await this.rates.forAccount(request.bucket.account, request.signal);
    await this.containers.remove(request.bucket.id).catch((error: unknown) => {
      throw error instanceof ContainerNotFound ? new S3Error('NoSuchBucket') : error;
    });
    return emptyReply(204);
  }

  /** S3's first region is written as nothing. */
  private async location(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetBucketLocation', { bucket: request.bucket });
    return xmlReply('LocationConstraint', request.bucket.settings.location);
  }
}

/** Who says nothing of itself has no buckets, and is told so, as Ceph does. */
function noBuckets(request: S3Request): FrontReply {
  request.isJudged = true;
  return xmlReply('ListAllMyBucketsResult', [ownerXml('Owner', { id: 'anonymous', displayName: '' }), xml('Buckets')]);
}

/**
 * Answers a client that makes its bucket again. S3 says 200 in its first region and BucketAlreadyOwnedByYou in all others; clients
 * know both. A bucket that is in use is confirmed (scripts put objects after "make the bucket", each time they run); one that is as
 * it was made is refused, as Swift's s3api does; and so is one that would get another ACL, as Ceph does, since nothing is changed.
 */
function requireSameBucket({ name, settings, objectCount }: Container, asked: ContainerSettings): void {
  const fields = { BucketName: name };
  if (JSON.stringify(settings.acl) !== JSON.stringify(asked.acl)) throw new S3Error('BucketAlreadyExists', { fields });
  const isInUse = objectCount > 0 || Object.keys(settings).some((key) => !(key in asked));
  if (!isInUse) throw new S3Error('BucketAlreadyOwnedByYou', { fields });
}
