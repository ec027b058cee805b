import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects } from '../../objects/index.js';
import { Access } from '../access.js';
import { LookUp } from '../operations/look-up.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { documentReply, emptyReply } from '../operations/replies.js';
import { documentOf } from '../request/document.js';
import type { BucketRequest, ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { requireRetentionChange, type BucketLock, type ObjectLock } from './object-lock.js';
import { bucketLockDocument, legalHoldDocument, readBucketLock, readLegalHold, readRetention, retentionDocument } from './object-lock-documents.js';

/** Object lock: what a bucket gives its objects, and the retention and legal hold of each version. */
@Injectable()
export class ObjectLockOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetObjectLockConfiguration', on: 'bucket', method: 'GET', query: ['object-lock'], run: (request) => this.get(request) },
    { name: 'PutObjectLockConfiguration', on: 'bucket', method: 'PUT', query: ['object-lock'], run: (request) => this.put(request) },
    { name: 'GetObjectRetention', on: 'object', method: 'GET', query: ['retention'], run: (request) => this.retention(request) },
    { name: 'PutObjectRetention', on: 'object', method: 'PUT', query: ['retention'], run: (request) => this.putRetention(request) },
    { name: 'GetObjectLegalHold', on: 'object', method: 'GET', query: ['legal-hold'], run: (request) => this.legalHold(request) },
    { name: 'PutObjectLegalHold', on: 'object', method: 'PUT', query: ['legal-hold'], run: (request) => this.putLegalHold(request) },
  ];

  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly access: Access,
    private readonly lookUp: LookUp,
  ) {}

  private async get(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetBucketObjectLockConfiguration', request);
    const { objectLock } = request.bucket.settings;
    if (objectLock === undefined) throw new S3Error('ObjectLockConfigurationNotFoundError', { fields: { BucketName: request.bucketName } });
    return documentReply(bucketLockDocument(objectLock));
  }

  /** S3 lets a bucket that keeps versions get a lock later; it never ends. */
  private async put(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:PutBucketObjectLockConfiguration', request);
    const lock: BucketLock = readBucketLock(await documentOf(request, 'ObjectLockConfiguration'));
    await this.containers.change(request.bucket.id, {
      settings: { objectLock: lock },
      check: ({ settings }) => {
        if (settings.objectLock === undefined && settings.versioning !== 'enabled') {
          throw new S3Error('InvalidBucketState', { message: 'Versioning must be \'Enabled\' on the bucket to apply a Object Lock configuration' });
        }
      },
    });
    return emptyReply(200);
  }

  private async retention(request: ObjectRequest): Promise<FrontReply> {
    const lock = await this.lockOf(request, 's3:GetObjectRetention');
    if (lock.retention === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
    return documentReply(retentionDocument(lock.retention));
  }

  private async legalHold(request: ObjectRequest): Promise<FrontReply> {
    const lock = await this.lockOf(request, 's3:GetObjectLegalHold');
    if (lock.legalHold === undefined) throw new S3Error('NoSuchObjectLockConfiguration');
    return documentReply(legalHoldDocument(lock.legalHold));
  }

  private async putRetention(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key, now } = request;
    const object = await this.lookUp.visible(request, 's3:PutObjectRetention');
    requireLockable(request);
    const retention = readRetention(await documentOf(request, 'Retention'), now);
    const bypasses = await this.bypassesGovernance(request, key);
    await this.objects.change(bucket, object, {
      keepsModifiedAt: true, settings: { retention }, check: ({ settings }) => requireRetentionChange(settings.retention, retention, now, bypasses),
    });
    return emptyReply(200);
  }

  private async putLegalHold(request: ObjectRequest): Promise<FrontReply> {
    const object = await this.lookUp.visible(request, 's3:PutObjectLegalHold');
    requireLockable(request);
    const legalHold = readLegalHold(await documentOf(request, 'LegalHold'));
    await this.objects.change(request.bucket, object, { keepsModifiedAt: true, settings: { legalHold } });
    return emptyReply(200);
  }

  private async lockOf(request: ObjectRequest, action: string): Promise<ObjectLock> {
    const object = await this.lookUp.visible(request, action);
    requireLockable(request);
    return object.settings;
  }

  /** Whether the request asks to set governance aside, and may. Throws `AccessDenied` where it may not. */
  private async bypassesGovernance(request: BucketRequest, key: string): Promise<boolean> {
    return bypassesGovernance(this.access, request, key);
  }
}

/** Whether the request asks to set governance aside. Throws `AccessDenied` where the caller may not. */
export async function bypassesGovernance(access: Access, request: BucketRequest, key: string): Promise<boolean> {
  if (request.headers.get('x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return false;
  await access.require(request, 's3:BypassGovernanceRetention', { bucket: request.bucket, key });
  return true;
}

function requireLockable({ bucket }: BucketRequest): void {
  if (bucket.settings.objectLock === undefined) throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}
