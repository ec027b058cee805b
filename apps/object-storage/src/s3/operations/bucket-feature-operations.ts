import { Injectable } from '@nestjs/common';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Access } from '../access.js';
import { corsDocument, readCors } from '../cors/cors-rules.js';
import { bucketEncryptionDocument, readBucketEncryption } from '../encryption/encryption.js';
import { ownershipDocument, publicAccessBlockDocument, readOwnership, readPublicAccessBlock } from '../public-access/public-access.js';
import type { BucketRequest } from '../request/s3-request.js';
import { S3Error, type S3Code } from '../s3-error.js';
import { MOST_BUCKET_TAGS, tagsDocument, tagsOfDocument } from '../tagging/tags.js';
import { xml, type XmlContent } from '../xml/xml-writer.js';
import { isPublicAcl } from '../acl/acl.js';
import { settingOperations } from './bucket-settings.js';
import type { OperationGroup, S3Operation } from './operation.js';
import { xmlReply } from './replies.js';

const actions = (name: string, remove = `s3:Put${name}`): { get: string; put: string; remove: string } => ({ get: `s3:Get${name}`, put: `s3:Put${name}`, remove });

/** What a bucket can be told in a document and has no rules of its own beyond that. */
@Injectable()
export class BucketFeatureOperations implements OperationGroup {
  readonly operations: readonly S3Operation[];

  constructor(containers: Containers, private readonly access: Access) {
    this.operations = [
      ...settingOperations({
        query: 'tagging', noun: 'BucketTagging', key: 'tags', root: 'Tagging', read: (root) => tagsOfDocument(root, MOST_BUCKET_TAGS), write: tagsDocument,
        absent: 'NoSuchTagSet', actions: actions('BucketTagging'), putStatus: 204,
      }, containers, access),
      ...settingOperations({
        query: 'cors', noun: 'BucketCors', key: 'cors', root: 'CORSConfiguration', read: readCors, write: corsDocument,
        absent: 'NoSuchCORSConfiguration', actions: actions('BucketCORS'),
      }, containers, access),
      ...settingOperations({
        query: 'publicAccessBlock', noun: 'PublicAccessBlock', key: 'publicAccessBlock', root: 'PublicAccessBlockConfiguration', read: readPublicAccessBlock,
        write: publicAccessBlockDocument, absent: 'NoSuchPublicAccessBlockConfiguration', actions: actions('BucketPublicAccessBlock'),
      }, containers, access),
      ...settingOperations({
        query: 'ownershipControls', noun: 'BucketOwnershipControls', key: 'ownership', root: 'OwnershipControls', read: (root, { bucket }) => {
          const ownership = readOwnership(root);
          if (ownership === 'BucketOwnerEnforced' && isPublicAcl(bucket.settings.acl ?? [])) throw new S3Error('InvalidBucketAclWithObjectOwnership');
          return ownership;
        },
        write: ownershipDocument, absent: 'OwnershipControlsNotFoundError', actions: actions('BucketOwnershipControls'),
      }, containers, access),
      ...settingOperations({
        query: 'encryption', noun: 'BucketEncryption', key: 'encryption', root: 'ServerSideEncryptionConfiguration', read: readBucketEncryption,
        write: bucketEncryptionDocument, absent: 'ServerSideEncryptionConfigurationNotFoundError', actions: actions('EncryptionConfiguration'),
      }, containers, access),
      this.fixed('GetBucketRequestPayment', 'requestPayment', 's3:GetBucketRequestPayment', 'RequestPaymentConfiguration', [xml('Payer', 'BucketOwner')]),
      this.fixed('GetBucketLogging', 'logging', 's3:GetBucketLogging', 'BucketLoggingStatus'),
      this.fixed('GetBucketNotificationConfiguration', 'notification', 's3:GetBucketNotification', 'NotificationConfiguration'),
      this.fixed('GetBucketAccelerateConfiguration', 'accelerate', 's3:GetAccelerateConfiguration', 'AccelerateConfiguration'),
      this.absent('GetBucketWebsite', 'website', 's3:GetBucketWebsite', 'NoSuchWebsiteConfiguration'),
      this.absent('GetBucketReplication', 'replication', 's3:GetReplicationConfiguration', 'ReplicationConfigurationNotFoundError'),
      ...['requestPayment', 'logging', 'notification', 'accelerate', 'website', 'replication'].map((query) => this.refused(query)),
    ];
  }

  /** What is the same for every bucket, because it cannot be changed. */
  private fixed(name: string, query: string, action: string, root: string, content?: XmlContent): S3Operation {
    const run = async (request: BucketRequest): Promise<FrontReply> => {
      await this.access.require(request, action, request);
      return xmlReply(root, content);
    };
    return { name, on: 'bucket', method: 'GET', query: [query], run };
  }

  private absent(name: string, query: string, action: string, code: S3Code): S3Operation {
    const run = async (request: BucketRequest): Promise<FrontReply> => {
      await this.access.require(request, action, request);
      throw new S3Error(code, { fields: { BucketName: request.bucketName } });
    };
    return { name, on: 'bucket', method: 'GET', query: [query], run };
  }

  private refused(query: string): S3Operation {
    const run = async (request: BucketRequest): Promise<FrontReply> => {
      await this.access.require(request, 's3:PutBucketConfiguration', request);
      throw new S3Error('NotImplemented');
    };
    return { name: `Put ${query}`, on: 'bucket', method: 'PUT', query: [query], run };
  }
}
