import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import { Objects, type StoredObject } from '../../objects/index.js';
import { ComposedObjects, SwiftFault, type Content, type MayRead } from '../../swift/index.js';
import { Access } from '../access.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';

/** What is read where an object is asked for; its size and ETag are those of the bytes that come. */
export interface ReadSource {
  object: StoredObject;
  open(range: ByteRange | undefined): Promise<Readable | Buffer>;
}

/** Where the bytes of an object come from: itself, or what a large object or a link of Swift's leads to. */
@Injectable()
export class ReadSources {
  constructor(private readonly objects: Objects, private readonly access: Access, @Inject(ComposedObjects) private readonly composed: ComposedObjects) {}

  async of(request: ObjectRequest, object: StoredObject): Promise<ReadSource> {
    if (!this.composed.isComposed(object)) return { object, open: (range) => this.objects.open(object, range, request.signal) };
    const mayRead: MayRead = (bucket, key) => this.access.require(request, key === undefined ? 's3:ListBucket' : 's3:GetObject', { bucket, ...(key !== undefined && { key }) });
    const content = await inS3Words(() => this.composed.of(request.front, request.bucket, object, mayRead));
    return { object: shown(object, content), open: (range) => inS3Words(() => content.open(range, request.signal)) };
  }
}

/** The object that was asked for, with what is said of the bytes taken from where they come from. */
function shown(object: StoredObject, { object: target, sizeBytes, etag, contentType }: Content): StoredObject {
  return { ...object, sizeBytes, etag: etag.replaceAll('"', ''), contentType, metadata: target.metadata, modifiedAt: target.modifiedAt };
}

/** What is broken on the way is as if it were not there. */
async function inS3Words<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SwiftFault)) throw error;
    throw new S3Error(error.status === 404 ? 'NoSuchKey' : 'OperationAborted', { message: 'A part of the object is missing or has changed.' });
  }
}
