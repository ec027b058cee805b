import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Passes } from '../../passes/index.js';
import { Access } from '../access.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { documentReply, emptyReply } from '../operations/replies.js';
import { documentOf } from '../request/document.js';
import type { BucketRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { lifecycleDocument, readLifecycle } from './lifecycle-document.js';

/** A bucket's lifecycle rules; `LifecycleWorker` applies them. */
@Injectable()
export class LifecycleOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetBucketLifecycleConfiguration', on: 'bucket', method: 'GET', query: ['lifecycle'], run: (request) => this.get(request) },
    { name: 'PutBucketLifecycleConfiguration', on: 'bucket', method: 'PUT', query: ['lifecycle'], run: (request) => this.put(request) },
    { name: 'DeleteBucketLifecycle', on: 'bucket', method: 'DELETE', query: ['lifecycle'], run: (request) => this.remove(request) },
  ];

  constructor(private readonly containers: Containers, private readonly passes: Passes, private readonly access: Access) {}

  private async get(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetLifecycleConfiguration', request);
    const { lifecycle } = request.bucket.settings;
    if (lifecycle === undefined) throw new S3Error('NoSuchLifecycleConfiguration', { fields: { BucketName: request.bucketName } });
    return documentReply(lifecycleDocument(lifecycle));
  }

  /** The pass is there before the rules, should this process die between them; and again after, so that they apply at once. */
  private async put(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:PutLifecycleConfiguration', request);
    const lifecycle = readLifecycle(await documentOf(request, 'LifecycleConfiguration'));
    await this.passes.start(request.bucket.id);
    await this.containers.change(request.bucket.id, { settings: { lifecycle } });
    await this.passes.start(request.bucket.id);
    return emptyReply(200);
  }

  private async remove(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:PutLifecycleConfiguration', request);
    await this.containers.change(request.bucket.id, { settings: { lifecycle: undefined } });
    await this.passes.stop(request.bucket.id);
    return emptyReply(204);
  }
}
