import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { Objects } from '../../objects/index.js';
import { LookUp } from '../operations/look-up.js';
import { versionHeader } from '../operations/object-replies.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { documentReply, emptyReply } from '../operations/replies.js';
import { documentOf } from '../request/document.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { MOST_OBJECT_TAGS, tagsDocument, tagsOfDocument, type Tags } from './tags.js';

/** The tags of objects; those of buckets are a bucket's setting. */
@Injectable()
export class TaggingOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetObjectTagging', on: 'object', method: 'GET', query: ['tagging'], run: (request) => this.get(request) },
    { name: 'PutObjectTagging', on: 'object', method: 'PUT', query: ['tagging'], run: (request) => this.put(request) },
    { name: 'DeleteObjectTagging', on: 'object', method: 'DELETE', query: ['tagging'], run: (request) => this.remove(request) },
  ];

  constructor(private readonly objects: Objects, private readonly lookUp: LookUp) {}

  private async get(request: ObjectRequest): Promise<FrontReply> {
    const object = await this.lookUp.visible(request, 's3:GetObjectTagging');
    return documentReply(tagsDocument(object.settings.tags ?? []), versionHeader(request.bucket, object));
  }

  private async put(request: ObjectRequest): Promise<FrontReply> {
    const tags = tagsOfDocument(await documentOf(request, 'Tagging'), MOST_OBJECT_TAGS);
    request.requestTags = tags;
    return this.change(request, 's3:PutObjectTagging', tags, 200);
  }

  private async remove(request: ObjectRequest): Promise<FrontReply> {
    return this.change(request, 's3:DeleteObjectTagging', [], 204);
  }

  private async change(request: ObjectRequest, action: string, tags: Tags, status: number): Promise<FrontReply> {
    const object = await this.lookUp.visible(request, action);
    await this.objects.change(request.bucket, object, { settings: { tags: tags.length === 0 ? undefined : tags }, keepsModifiedAt: true });
    return emptyReply(status, versionHeader(request.bucket, object));
  }
}
