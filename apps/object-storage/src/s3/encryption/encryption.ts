import { S3Error, invalidArgument } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { optional, xml, xmlDocument } from '../xml/xml-writer.js';

/**
 * S3's server-side encryption with keys of the service (SSE-S3). Every object's bytes are encrypted with a key of their own anyway;
 * what is kept is only that somebody asked for it, because clients and policies want to hear it again.
 */
export type Encryption = 'AES256';

/** What a bucket says for objects whose requests say nothing. */
export interface BucketEncryption {
  algorithm: Encryption;
  /** Has no meaning without a key service; answered as it was put. */
  isKeyReused?: boolean;
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    encryption?: BucketEncryption;
  }
}

declare module '../../objects/object.js' {
  interface ObjectSettings {
    encryption?: Encryption;
  }
}

const HEADER = 'x-amz-server-side-encryption';
const KMS_KEY = `${HEADER}-aws-kms-key-id`;
const CUSTOMER = [`${HEADER}-customer-algorithm`, `${HEADER}-customer-key`, `${HEADER}-customer-key-md5`];

type HeaderOf = (name: string) => string | undefined;

/** The encryption that a put asks for, or the bucket's. Throws `InvalidArgument` for contradictions, `NotImplemented` for keys of customers and of a key service. */
export function encryptionOfPut(header: HeaderOf, bucket: BucketEncryption | undefined): Encryption | undefined {
  const algorithm = header(HEADER);
  const isCustomers = CUSTOMER.some((name) => header(name) !== undefined);
  if (isCustomers && algorithm !== undefined) throw invalidArgument(HEADER, algorithm, 'Server Side Encryption with Customer provided key is incompatible with the encryption method specified');
  if (isCustomers) refuseCustomerKeys(header);
  if (header(KMS_KEY) !== undefined && algorithm !== 'aws:kms') throw invalidArgument(KMS_KEY, header(KMS_KEY) ?? '', 'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms');
  if (algorithm === undefined) return bucket?.algorithm;
  return algorithmOf(algorithm);
}

/** Throws where a request that only reads names an encryption: S3 takes that for a mistake. */
export function requireNoEncryption(header: HeaderOf): void {
  if (CUSTOMER.some((name) => header(name) !== undefined)) refuseCustomerKeys(header);
  const algorithm = header(HEADER);
  if (algorithm !== undefined) throw invalidArgument(HEADER, algorithm, 'x-amz-server-side-encryption header is not supported for this operation.');
}

export function encryptionHeaders(encryption: Encryption | undefined): Record<string, string> {
  return encryption === undefined ? {} : { [HEADER]: encryption };
}

function algorithmOf(text: string): Encryption {
  if (text === 'AES256') return text;
  if (text === 'aws:kms' || text === 'aws:kms:dsse') throw new S3Error('NotImplemented', { message: 'There is no key management service: objects can be encrypted with AES256 (SSE-S3).' });
  throw invalidArgument(HEADER, text, 'The encryption method specified is not supported');
}

/** Says first what would be wrong anyway. */
function refuseCustomerKeys(header: HeaderOf): never {
  const [algorithm, key, md5] = CUSTOMER.map(header);
  if (algorithm === undefined) throw new S3Error('InvalidArgument', { message: 'Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.' });
  if (key === undefined || md5 === undefined) throw new S3Error('InvalidArgument', { message: 'Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.' });
  // As S3: whoever heard the key on the way could read the object.
  if (header('x-forwarded-proto')?.toLowerCase() !== 'https') throw new S3Error('InvalidRequest', { message: 'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.' });
  throw new S3Error('NotImplemented', { message: 'Encryption with keys of the customer (SSE-C) is not implemented; objects can be encrypted with AES256 (SSE-S3).' });
}

/** Reads a `ServerSideEncryptionConfiguration`. Throws `MalformedXML`, `NotImplemented`. */
export function readBucketEncryption(root: XmlNode): BucketEncryption {
  const rules = root.all('Rule');
  const rule = rules[0]?.find('ApplyServerSideEncryptionByDefault');
  if (rules.length !== 1 || rule === undefined) throw new S3Error('MalformedXML');
  const [text, key, reused] = [rule.requiredText('SSEAlgorithm'), rule.textOf('KMSMasterKeyID'), rules[0]?.textOf('BucketKeyEnabled')];
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(text)) throw new S3Error('MalformedXML');
  const algorithm = algorithmOf(text);
  if (key !== undefined) throw new S3Error('InvalidArgument', { message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms' });
  return { algorithm, ...(reused !== undefined && { isKeyReused: reused === 'true' }) };
}

export function bucketEncryptionDocument({ algorithm, isKeyReused }: BucketEncryption): string {
  return xmlDocument('ServerSideEncryptionConfiguration', [xml('Rule', [
    xml('ApplyServerSideEncryptionByDefault', [xml('SSEAlgorithm', algorithm)]), optional('BucketKeyEnabled', isKeyReused),
  ])]);
}
