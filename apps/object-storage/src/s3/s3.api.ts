import { Inject, Injectable } from '@nestjs/common';
import { Bug, CLOCK, type Clock } from '@virga/kernel';
import { Containers } from '../containers/index.js';
import type { FrontReply, FrontRequest, ObjectApi } from '../front/index.js';
import { CrossOrigin } from './cors/cross-origin.js';
import { OperationTable, type S3Operation } from './operations/operation.js';
import { addressOf, type Address } from './request/address.js';
import { Headers, type S3Request } from './request/s3-request.js';
import { faultReply, translated } from './fault.js';
import { S3Error } from './s3-error.js';
import { SETTINGS, type ObjectStorageSettings } from '../settings/index.js';
import { Authentication } from './signature/authentication.js';
import { bucketNameIsPossible, isBucketName } from './operations/bucket-names.js';

/**
 * Amazon S3's REST API on the one object model: finds out who asks and for what, hands the request to its operation, and says what
 * failed in S3's words. Behaviour follows the S3 API Reference.
 */
@Injectable()
export class S3Api implements ObjectApi {
  constructor(
    private readonly authentication: Authentication,
    private readonly containers: Containers,
    private readonly table: OperationTable,
    private readonly crossOrigin: CrossOrigin,
    @Inject(SETTINGS) private readonly settings: ObjectStorageSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async answer(front: FrontRequest): Promise<FrontReply> {
    const headers = new Headers(front.headers);
    const address = addressOf(front.rawPath, headers.get('host'), this.settings.bucketDomains);
    if (front.method === 'OPTIONS') return withIds(await this.crossOrigin.preflight(address, headers), front);
    return withIds(await this.crossOrigin.answered(address, headers, front.method, () => this.perform(front, headers, address)), front);
  }

  fault(error: unknown, front: FrontRequest): FrontReply {
    return withIds(faultReply(translated(error), front), front);
  }

  private async perform(front: FrontRequest, headers: Headers, address: Address): Promise<FrontReply> {
    const operation = this.table.find(front.method, levelOf(address), front.query, (name) => headers.has(name));
    const now = this.clock.now();
    const { caller, body } = await this.authentication.authenticate(front, address, now);
    const request: S3Request = {
      front, headers, query: front.query, signal: front.signal, now, caller, body, bucketName: address.bucket, key: address.key, isJudged: false,
    };
    const reply = await this.run(operation, request);
    if (!request.isJudged) throw new Bug('object-storage.s3.not-judged', `${operation.name} asked nobody whether the caller may.`);
    return reply;
  }

  private async run(operation: S3Operation, request: S3Request): Promise<FrontReply> {
    if (operation.on === 'service') return operation.run(request);
    const { bucketName, key } = request;
    if (bucketName === undefined) throw new Bug('object-storage.s3.no-bucket', `${operation.name} has no bucket.`);
    if (operation.on === 'bucket-name') return operation.run(Object.assign(request, { bucketName }));
    const bucket = bucketNameIsPossible(bucketName) ? await this.containers.findBucket(bucketName, request.caller?.account) : undefined;
    if (bucket === undefined) throw new S3Error(isBucketName(bucketName) ? 'NoSuchBucket' : 'InvalidBucketName', { fields: { BucketName: bucketName } });
    const inBucket = Object.assign(request, { bucket, bucketName });
    if (operation.on === 'bucket') return operation.run(inBucket);
    if (key === undefined) throw new Bug('object-storage.s3.no-key', `${operation.name} has no key.`);
    return operation.run(Object.assign(inBucket, { key }));
  }
}

function levelOf(address: Address): 'service' | 'bucket' | 'object' {
  if (address.bucket === undefined) return 'service';
  return address.key === undefined ? 'bucket' : 'object';
}

function withIds(reply: FrontReply, front: FrontRequest): FrontReply {
  return { ...reply, headers: { 'x-amz-request-id': front.id, 'x-amz-id-2': front.id, ...reply.headers } };
}
