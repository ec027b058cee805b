import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { Quotas } from '../../quotas/index.js';
import { Uploads, type Upload, type UploadPart } from '../../uploads/index.js';
import { MOST_PARTS, SMALLEST_PART } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { runningChecksum } from '../request/checksums.js';
import type { ObjectRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { readXml, type XmlNode } from '../xml/xml-reader.js';
import { xml } from '../xml/xml-writer.js';
import { writeCondition } from './conditions.js';
import { combinedCrc } from './combined-crc.js';
import { newVersionHeader } from './object-replies.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { xmlReply } from './replies.js';
import { checksumOf, checksumXml, type StoredChecksum } from './stored-checksum.js';
import { AskedUploads, noSuchUpload, uploadIdOf } from './upload-request.js';

declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** The upload that it was made of: who asks again to complete that upload gets the same answer. */
    uploadId?: string;
  }
}

/** 10,000 parts with their checksums. */
const LARGEST_COMPLETION = 2 * 1024 * 1024;

interface Named {
  number: number;
  etag: string;
}

/** Ending uploads: the parts become an object. */
@Injectable()
export class CompletionOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'CompleteMultipartUpload', on: 'object', method: 'POST', query: ['uploadId'], run: (request) => this.complete(request) },
  ];

  constructor(
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    private readonly asked: AskedUploads,
    private readonly access: Access,
    private readonly quotas: Quotas,
  ) {}

  private async complete(request: ObjectRequest): Promise<FrontReply> {
    const { bucket, key } = request;
    await this.access.require(request, 's3:PutObject', { bucket, key });
    const named = namedParts(await request.body.bytes(LARGEST_COMPLETION));
    const upload = await this.asked.find(request);
    if (upload === undefined) return this.repeated(request, named);
    try {
      return completed(request, await this.completeWith(request, upload, named));
    } catch (error) {
      // Somebody else may have ended it meanwhile; then that, and not a missing part, is what there is to say.
      if (await this.asked.find(request) === undefined) return this.repeated(request, named);
      throw error;
    }
  }

  private async completeWith({ bucket, headers }: ObjectRequest, upload: Upload, named: readonly Named[]): Promise<StoredObject> {
    const parts = chosen(named, await this.uploads.parts(upload, { after: 0, limit: MOST_PARTS }));
    await this.quotas.requireRoom(bucket, parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const checksum = await checksumOfAll(upload, parts);
    const { object } = await this.uploads.complete(bucket, upload, {
      parts, etag: multipartEtag(parts.map(({ etag }) => etag)), require: writeCondition(headers),
      settings: { ...upload.settings.object, partCount: parts.length, uploadId: upload.id, ...(checksum && { checksum }) },
    });
    return object;
  }

  /** A client that did not get the answer asks again; the upload is gone, and the object is there. */
  private async repeated(request: ObjectRequest, named: readonly Named[]): Promise<FrontReply> {
    const object = await this.objects.find(request.bucket, request.key);
    const id = uploadIdOf(request.query.get('uploadId') ?? '');
    const isOurs = object !== undefined && id !== undefined && object.settings.uploadId === id && object.etag === multipartEtag(named.map(({ etag }) => etag));
    if (!isOurs) throw noSuchUpload(request);
    return completed(request, object);
  }
}

function completed({ bucket, key, headers }: ObjectRequest, object: StoredObject): FrontReply {
  const location = `http://${headers.get('host') ?? ''}/${bucket.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
  return xmlReply('CompleteMultipartUploadResult', [
    xml('Location', location), xml('Bucket', bucket.name), xml('Key', key), xml('ETag', `"${object.etag}"`), ...checksumXml(checksumOf(object)),
  ], newVersionHeader(object));
}

function namedParts(bytes: Buffer): Named[] {
  const parts = readXml(bytes, ['CompleteMultipartUpload', 'CompletedMultipartUpload']).all('Part').map(namedPart);
  if (parts.length === 0 || parts.length > MOST_PARTS) throw new S3Error('MalformedXML');
  if (parts.some((part, index) => index > 0 && part.number < (parts[index - 1]?.number ?? 0))) throw new S3Error('InvalidPartOrder');
  // A client that sent a part twice may name it twice; the last one is meant.
  return parts.filter((part, index) => part.number !== parts[index + 1]?.number);
}

function namedPart(node: XmlNode): Named {
  const number = node.requiredText('PartNumber').trim();
  if (!/^\d{1,6}$/.test(number)) throw new S3Error('MalformedXML');
  return { number: Number(number), etag: node.requiredText('ETag').trim().replace(/^"(.*)"$/, '$1').toLowerCase() };
}

function chosen(named: readonly Named[], there: readonly UploadPart[]): UploadPart[] {
  const byNumber = new Map(there.map((part) => [part.number, part]));
  const parts = named.map(({ number, etag }) => {
    const part = byNumber.get(number);
    if (part === undefined || part.etag !== etag) throw new S3Error('InvalidPart', { fields: { PartNumber: String(number), ETag: etag } });
    return part;
  });
  const small = parts.slice(0, -1).find(({ sizeBytes }) => sizeBytes < SMALLEST_PART);
  if (small !== undefined) throw new S3Error('EntityTooSmall', { fields: { ProposedSize: String(small.sizeBytes), MinSizeAllowed: String(SMALLEST_PART), PartNumber: String(small.number), ETag: small.etag } });
  return parts;
}

/** S3's ETag of an object in parts: the MD5 of the parts' MD5s, and how many they are. */
export function multipartEtag(etags: readonly string[]): string {
  return `${createHash('md5').update(Buffer.from(etags.join(''), 'hex')).digest('hex')}-${etags.length}`;
}

/** Of all parts together; undefined where the upload was begun without one or a part has none. */
async function checksumOfAll({ settings: { checksum } }: Upload, parts: readonly UploadPart[]): Promise<StoredChecksum | undefined> {
  const values = parts.flatMap((part) => (part.checksum === undefined ? [] : [Buffer.from(part.checksum, 'base64')]));
  if (checksum === undefined || values.length !== parts.length) return undefined;
  const { algorithm, type } = checksum;
  if (type === 'FULL_OBJECT') return { algorithm, type, value: combinedCrc(algorithm, values.map((value, index) => ({ value, sizeBytes: parts[index]?.sizeBytes ?? 0 }))).toString('base64') };
  const running = runningChecksum(algorithm);
  for (const value of values) running.update(value);
  return { algorithm, type, value: `${(await running.digest()).toString('base64')}-${values.length}` };
}
