import { Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import { requireKey } from '../request/address.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { requireCopyWanted } from './conditions.js';
import { LookUp } from './look-up.js';
import { ReadSources, type ReadSource } from './read-sources.js';

/** Where a copy's bytes come from: of a large object or a link of Swift's, the whole that it stands for. */
export interface CopySource extends ReadSource {
  bucket: Container;
  /** As the request names it. */
  versionId: string | undefined;
}

interface SourceName {
  bucket: string;
  key: string;
  versionId: string | undefined;
}

/** Finds what `x-amz-copy-source` names, for CopyObject and UploadPartCopy. */
@Injectable()
export class CopySources {
  constructor(private readonly containers: Containers, private readonly lookUp: LookUp, private readonly readSources: ReadSources) {}

  /** The source that the caller may read and that is as the request's conditions want it. */
  async find(request: ObjectRequest): Promise<CopySource> {
    const { bucket: name, key, versionId } = sourceName(request.headers.get('x-amz-copy-source') ?? '');
    const bucket = await this.containers.findBucket(name, request.caller?.account);
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { fields: { BucketName: name } });
    const source = await this.readSources.of(request, bucket, await this.lookUp.inBucket(request, { bucket, key, versionId }, 's3:GetObject'));
    requireCopyWanted(request.headers, source.object);
    return { ...source, bucket, versionId };
  }
}

/** `/bucket/key?versionId=…`, percent-encoded, with or without the first slash. Throws `InvalidArgument`. */
export function sourceName(header: string): SourceName {
  const mark = header.indexOf('?');
  const path = leniently(mark < 0 ? header : header.slice(0, mark)).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) throw invalidArgument('x-amz-copy-source', header, 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  const key = path.slice(slash + 1);
  requireKey(key);
  return { bucket: path.slice(0, slash), key, versionId: mark < 0 ? undefined : sourceVersion(header, header.slice(mark + 1)) };
}

function sourceVersion(header: string, query: string): string {
  const [, versionId] = /^versionId=([^&]*)$/.exec(query) ?? [];
  if (versionId === undefined) throw invalidArgument('x-amz-copy-source', header, 'Unsupported copy source parameter.');
  return leniently(versionId);
}

/** Clients do not all encode this header: a `%` that begins no code is itself, and bytes beyond ASCII are UTF-8 as they came. */
function leniently(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause });
  }
}
