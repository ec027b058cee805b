import { Inject, Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { ObjectSettings, StoredObject } from '../../objects/index.js';
import { SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { Access } from '../access.js';
import { canonicalUser } from '../acl/acl.js';
import { Acls, type HeaderOf } from '../acl/acls.js';
import { encryptionHeaders, encryptionOfPut, requireNoEncryption } from '../encryption/encryption.js';
import { dayMs } from '../lifecycle/day.js';
import { expirationHeader, expiryOf } from '../lifecycle/lifecycle-rules.js';
import { defaultRetention, type ObjectLock } from '../object-lock/object-lock.js';
import { lockHeaders, lockOfHeaders } from '../object-lock/object-lock-documents.js';
import type { BucketRequest } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { tagsOfHeader, type Tags } from '../tagging/tags.js';

/** What a put is about, and where its terms stand: in headers, or in a form's fields. */
export interface PutContext {
  request: BucketRequest;
  key: string;
  header: HeaderOf;
  /** Instead of the header's, where they came otherwise. */
  tags?: Tags;
}

/**
 * What the features of S3 add to an object: owner, ACL, tags, lock and encryption when it is put, and their headers when it is read.
 * One place, because PutObject, CopyObject, CreateMultipartUpload and the form POST must not differ.
 */
@Injectable()
export class ObjectFeatures {
  constructor(private readonly acls: Acls, private readonly access: Access, @Inject(SETTINGS) private readonly settings: ObjectStorageSettings) {}

  /** The settings that a new object begins with. Throws S3's refusals. */
  async ofPut({ request, key, header, tags }: PutContext): Promise<ObjectSettings> {
    const { bucket, caller } = request;
    const encryption = encryptionOfPut(header, bucket.settings.encryption);
    const tagging = header('x-amz-tagging');
    const wanted = tags ?? (tagging === undefined ? [] : tagsOfHeader(tagging));
    const lock = await this.lockOf({ request, key, header });
    return {
      ...await this.acls.ofNewObject(header, caller && canonicalUser(caller), bucket),
      ...(wanted.length > 0 && { tags: wanted }), ...lock, ...(encryption !== undefined && { encryption }),
    };
  }

  /** The same for a copy, which takes over its source's tags unless `x-amz-tagging-directive` says otherwise; never its ACL or lock. */
  async ofCopy(context: PutContext, source: StoredObject): Promise<ObjectSettings> {
    const directive = context.header('x-amz-tagging-directive') ?? 'COPY';
    if (directive !== 'COPY' && directive !== 'REPLACE') throw new S3Error('InvalidArgument', { message: 'Unknown tagging directive.', fields: { ArgumentName: 'x-amz-tagging-directive', ArgumentValue: directive } });
    return this.ofPut(directive === 'REPLACE' ? context : { ...context, tags: source.settings.tags ?? [] });
  }

  /** What GET and HEAD tell of an object, and (without the tags' count) the answer to a put. */
  headers(object: StoredObject, bucket: Container): Record<string, string> {
    const { tags } = object.settings;
    return {
      ...this.putHeaders(object, bucket), ...lockHeaders(object.settings),
      ...(tags !== undefined && tags.length > 0 && { 'x-amz-tagging-count': String(tags.length) }),
    };
  }

  /** What the answer to a put tells. */
  putHeaders(object: StoredObject, bucket: Container): Record<string, string> {
    const { lifecycle } = bucket.settings;
    const subject = { name: object.name, sizeBytes: object.sizeBytes, tags: object.settings.tags ?? [] };
    const expiry = lifecycle === undefined || !object.isCurrent ? undefined : expiryOf(lifecycle, subject, Math.floor(object.modifiedAt / 1000), dayMs(this.settings));
    const expiration = expirationHeader(expiry);
    return { ...encryptionHeaders(object.settings.encryption), ...(expiration !== undefined && { 'x-amz-expiration': expiration }) };
  }

  /** Throws where a GET or HEAD says of encryption what cannot be. */
  requireReadable(header: HeaderOf): void {
    requireNoEncryption(header);
  }

  private async lockOf({ request, key, header }: PutContext): Promise<ObjectLock | undefined> {
    const { bucket, now } = request;
    const asked = lockOfHeaders(header, now);
    const { objectLock } = bucket.settings;
    if (asked === undefined) {
      const retention = defaultRetention(objectLock, now);
      return retention && { retention };
    }
    if (objectLock === undefined) throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
    if (asked.retention !== undefined) await this.access.require(request, 's3:PutObjectRetention', { bucket, key });
    if (asked.legalHold !== undefined) await this.access.require(request, 's3:PutObjectLegalHold', { bucket, key });
    const retention = asked.retention ?? defaultRetention(objectLock, now);
    return { ...(retention !== undefined && { retention }), ...(asked.legalHold !== undefined && { legalHold: asked.legalHold }) };
  }
}
