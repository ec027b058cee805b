import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir, type Subdir } from '../../listing/index.js';
import { Objects, type StoredObject, type VersionQuery } from '../../objects/index.js';
import { LONGEST_PAGE } from '../../s3-limits/index.js';
import { Access } from '../access.js';
import { ownerXml } from '../acl/acl-document.js';
import { objectOwner } from '../acl/acl.js';
import type { OperationGroup, S3Operation } from '../operations/operation.js';
import { emptyReply, xmlReply } from '../operations/replies.js';
import { xmlTime } from '../operations/times.js';
import { documentOf } from '../request/document.js';
import { countParameter, nameEncoding, textParameter } from '../request/parameters.js';
import type { BucketRequest } from '../request/s3-request.js';
import { versionIdOf, versionOf } from '../request/version-id.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import { optional, xml, type Xml } from '../xml/xml-writer.js';


type Entry = StoredObject | Subdir;

/** Whether a bucket keeps versions, and the list of them. */
@Injectable()
export class VersioningOperations implements OperationGroup {
  readonly operations: readonly S3Operation[] = [
    { name: 'GetBucketVersioning', on: 'bucket', method: 'GET', query: ['versioning'], run: (request) => this.get(request) },
    { name: 'PutBucketVersioning', on: 'bucket', method: 'PUT', query: ['versioning'], run: (request) => this.put(request) },
    { name: 'ListObjectVersions', on: 'bucket', method: 'GET', query: ['versions'], run: (request) => this.list(request) },
  ];

  constructor(private readonly containers: Containers, private readonly objects: Objects, private readonly access: Access) {}

  private async get(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:GetBucketVersioning', request);
    const { versioning } = request.bucket.settings;
    return xmlReply('VersioningConfiguration', versioning === undefined ? undefined : [xml('Status', versioning === 'enabled' ? 'Enabled' : 'Suspended')]);
  }

  private async put(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:PutBucketVersioning', request);
    const root = await documentOf(request, 'VersioningConfiguration');
    const [status, deleteByMfa] = [root.textOf('Status'), root.textOf('MfaDelete')];
    if (status !== 'Enabled' && status !== 'Suspended') throw status === undefined && deleteByMfa === undefined ? new S3Error('IllegalVersioningConfigurationException') : new S3Error('MalformedXML');
    if (deleteByMfa !== undefined && deleteByMfa !== 'Disabled') throw new S3Error('NotImplemented', { message: 'MFA Delete is not implemented.' });
    await this.containers.change(request.bucket.id, {
      settings: { versioning: status === 'Enabled' ? 'enabled' : 'suspended' },
      check: ({ settings }) => {
        if (settings.objectLock !== undefined && status === 'Suspended') {
          throw new S3Error('InvalidBucketState', { message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.' });
        }
      },
    });
    return emptyReply(200);
  }

  private async list(request: BucketRequest): Promise<FrontReply> {
    await this.access.require(request, 's3:ListBucketVersions', request);
    const { query, bucket } = request;
    const { type, encode } = nameEncoding(query);
    const limit = Math.min(countParameter(query, 'max-keys', LONGEST_PAGE), LONGEST_PAGE);
    const asked = await this.versionQuery(bucket, query, limit + 1);
    const found = limit === 0 ? [] : await this.objects.versions(bucket, asked);
    const entries = found.slice(0, limit);
    const isTruncated = found.length > limit;
    return xmlReply('ListVersionsResult', [
      xml('Name', bucket.name), xml('Prefix', encode(asked.prefix ?? '')), xml('KeyMarker', encode(asked.keyMarker ?? '')), xml('VersionIdMarker', query.get('version-id-marker') ?? ''),
      ...(isTruncated ? nextMarkers(entries.at(-1), encode) : []),
      xml('MaxKeys', limit), optional('Delimiter', query.get('delimiter') === null ? undefined : encode(query.get('delimiter') ?? '')), optional('EncodingType', type), xml('IsTruncated', isTruncated),
      ...entries.map((entry) => (isSubdir(entry) ? xml('CommonPrefixes', [xml('Prefix', encode(entry.subdir))]) : versionXml(bucket, entry, encode))),
    ]);
  }

  private async versionQuery(bucket: Container, query: URLSearchParams, limit: number): Promise<VersionQuery> {
    const [prefix, delimiter, keyMarker, marker] = ['prefix', 'delimiter', 'key-marker', 'version-id-marker'].map((name) => textParameter(query, name));
    if (marker !== undefined && keyMarker === undefined) throw invalidArgument('version-id-marker', marker, 'A version-id marker cannot be specified without a key marker.');
    const named = versionOf(marker);
    // The null version has a place among the others that only its row tells; where it is gone, the list goes on with the next name.
    const versionMarker = named === 'null' && keyMarker !== undefined ? (await this.objects.find(bucket, keyMarker, 'null'))?.version : named;
    return {
      limit, ...(prefix !== undefined && { prefix }), ...(delimiter !== undefined && { delimiter }), ...(keyMarker !== undefined && { keyMarker }),
      ...(typeof versionMarker === 'bigint' && { versionMarker }),
    };
  }
}

function nextMarkers(last: Entry | undefined, encode: (name: string) => string): Xml[] {
  if (last === undefined) return [];
  return isSubdir(last) ? [xml('NextKeyMarker', encode(last.subdir))] : [xml('NextKeyMarker', encode(last.name)), xml('NextVersionIdMarker', versionIdOf(last))];
}

function versionXml(bucket: Container, object: StoredObject, encode: (name: string) => string): Xml {
  const common = [xml('Key', encode(object.name)), xml('VersionId', versionIdOf(object)), xml('IsLatest', object.isCurrent), xml('LastModified', xmlTime(object.modifiedAt))];
  const owner = ownerXml('Owner', objectOwner(object, bucket));
  if (object.isDeleteMarker) return xml('DeleteMarker', [...common, owner]);
  return xml('Version', [...common, xml('ETag', `"${object.etag}"`), xml('Size', object.sizeBytes), xml('StorageClass', 'STANDARD'), owner]);
}
