import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import { ComposedSources, ObjectBroken, ObjectNotFound, Objects, type MayRead, type StoredObject } from '../../objects/index.js';
import type { Container } from '../../containers/index.js';
import { Access } from '../access.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';

/** What is read where an object is asked for; its size and ETag are those of the bytes that come. */
export interface ReadSource {
  object: StoredObject;
  /** The one object whose own bytes all of them are, so that a copy can share them; absent where several are joined. */
  bytesOf?: StoredObject;
  open(range: ByteRange | undefined): Promise<Readable | Buffer>;
}

/** Where the bytes of an object come from: itself, or what a large object or a link of Swift's leads to. */
@Injectable()
export class ReadSources {
  constructor(private readonly objects: Objects, private readonly access: Access, private readonly composed: ComposedSources) {}

  /** What stands behind an object of a bucket, which need not be the request's own. */
  async of(request: ObjectRequest, bucket: Container, object: StoredObject): Promise<ReadSource> {
    if (!this.composed.isComposed(object)) return { object, bytesOf: object, open: (range) => this.objects.open(object, range, request.signal) };
    const mayRead: MayRead = (container, key) => this.access.require(request, key === undefined ? 's3:ListBucket' : 's3:GetObject', { bucket: container, ...(key !== undefined && { key }) });
    const source = await inS3Words(() => this.composed.of(request.front, bucket, object, mayRead));
    return { ...source, open: (range) => inS3Words(() => source.open(range, request.signal)) };
  }
}

async function inS3Words<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ObjectNotFound) throw new S3Error('NoSuchKey');
    throw error instanceof ObjectBroken ? new S3Error('OperationAborted', { message: error.message }) : error;
  }
}
