import { Injectable } from '@nestjs/common';
import type { Metadata } from '../../metadata/index.js';
import type { ObjectSettings, StoredObject } from '../../objects/index.js';
import { ObjectFeatures } from '../object-features/object-features.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { contentTypeOf, metadataOf } from './object-metadata.js';

/** What a request says of the object that it makes, apart from its bytes. */
export interface NewObject {
  contentType: string;
  metadata: Metadata;
  settings: ObjectSettings;
}

/** Reads what PutObject, CopyObject and CreateMultipartUpload say of the object to come. */
@Injectable()
export class NewObjects {
  constructor(private readonly features: ObjectFeatures) {}

  /** Throws S3's words for headers that cannot be met. Call it once the caller is known to be allowed to put. */
  async read(request: ObjectRequest): Promise<NewObject> {
    requireStorageClass(request);
    const settings = await this.features.ofPut({ request, key: request.key, header: (name) => request.headers.get(name) });
    return { contentType: contentTypeOf(request.headers), metadata: metadataOf(request.headers), settings };
  }

  /** The same for a copy; `isReplacing` where the request brings the metadata. */
  async ofCopy(request: ObjectRequest, source: StoredObject, isReplacing: boolean): Promise<NewObject> {
    requireStorageClass(request);
    const settings = await this.features.ofCopy({ request, key: request.key, header: (name) => request.headers.get(name) }, source);
    if (!isReplacing) return { contentType: source.contentType, metadata: source.metadata, settings };
    return { contentType: contentTypeOf(request.headers), metadata: metadataOf(request.headers), settings };
  }
}

/** Refuses what would otherwise be ignored in silence. */
function requireStorageClass({ headers }: ObjectRequest): void {
  const storageClass = headers.get('x-amz-storage-class');
  if (storageClass !== undefined && storageClass !== 'STANDARD') throw new S3Error('InvalidStorageClass', { fields: { StorageClassRequested: storageClass } });
}
