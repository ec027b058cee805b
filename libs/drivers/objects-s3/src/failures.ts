import { S3ServiceException } from '@aws-sdk/client-s3';
import { Fault } from '@virga/kernel';
import { DriverUnavailable, Refused } from '@virga/ports';

/** What the port has to say about an answer or a failure of the gateway's. */
export function translated(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (isAbsent(error)) return noSuchBytes();
  return new DriverUnavailable('object-store', { cause: withoutSecrets(error) });
}

export function noSuchBytes(): Refused {
  return new Refused('object-store', 'there are no such bytes');
}

export function tooLarge(maxBytes: number): Refused {
  return new Refused('object-store', `the data is larger than ${maxBytes} bytes`);
}

export function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NoSuchUpload');
}

/** A range that begins behind the end: of an empty object each one does. */
export function isBehindTheEnd(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416;
}

/** An error of the SDK carries the request with its signature, and the gateway's text may repeat what was signed. */
function withoutSecrets(error: unknown): Error {
  if (!(error instanceof S3ServiceException)) return new Error(error instanceof Error ? `${error.name}: ${error.message}` : 'unknown');
  const { httpStatusCode, requestId } = error.$metadata;
  return new Error(`the gateway answered ${error.name} (${httpStatusCode ?? 'no status'}, request ${requestId ?? 'unknown'})`);
}
