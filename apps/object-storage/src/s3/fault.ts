import { Fault, type FaultKind } from '@virga/kernel';
import type { FrontReply, FrontRequest } from '../front/index.js';
import { S3Error, type S3Code } from './s3-error.js';
import { bareXmlDocument, xml } from './xml/xml-writer.js';

const BY_KIND: Readonly<Record<FaultKind, S3Code>> = {
  invalid: 'InvalidRequest', unauthenticated: 'AccessDenied', forbidden: 'AccessDenied', 'not-found': 'NoSuchKey', conflict: 'OperationAborted',
  'over-limit': 'QuotaExceeded', unavailable: 'ServiceUnavailable', bug: 'InternalError',
};

/** What the model's refusals are called in S3, where the kind does not say it. */
const BY_CODE: Readonly<Record<string, S3Code>> = {
  'object-storage.container.not-found': 'NoSuchBucket',
  'object-storage.container.not-empty': 'BucketNotEmpty',
  'object-storage.container.locked': 'InvalidBucketState',
  'object-storage.object.not-found': 'NoSuchKey',
  'object-storage.form.malformed': 'MalformedPOSTRequest',
  'object-storage.upload.not-found': 'NoSuchUpload',
  'object-storage.upload.changed': 'InvalidPart',
  'object-storage.precondition-failed': 'PreconditionFailed',
  'object-storage.rate.exceeded': 'SlowDown',
  'object-storage.account.blocked': 'AccessDenied',
  'object-storage.body.too-large': 'EntityTooLarge',
  'object-storage.body.incomplete': 'IncompleteBody',
};

/** Any error as one of S3's; what is unknown is `InternalError`, and nothing of it is told. */
export function translated(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (!(error instanceof Fault)) return new S3Error('InternalError', { cause: error });
  const code = BY_CODE[error.code] ?? BY_KIND[error.kind];
  const isTold = error.kind !== 'bug' && BY_CODE[error.code] === undefined;
  return new S3Error(code, { ...(isTold && { message: error.message }), cause: error });
}

/** S3's error document; a HEAD and a 304 have none. */
export function faultReply(error: S3Error, front: FrontRequest): FrontReply {
  const headers = { ...error.headers };
  if (error.status === 304) return { status: 304, headers };
  if (front.method === 'HEAD') return { status: error.status, headers: { 'content-type': 'application/xml', 'content-length': '0', ...headers } };
  const body = bareXmlDocument('Error', [
    xml('Code', error.code), xml('Message', error.message),
    ...Object.entries(error.fields).map(([name, value]) => xml(name, value)),
    xml('Resource', front.rawPath), xml('RequestId', front.id), xml('HostId', front.id),
  ]);
  return { status: error.status, headers: { 'content-type': 'application/xml', ...headers }, body };
}
