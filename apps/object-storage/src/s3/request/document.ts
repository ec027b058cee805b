import type { S3Request } from './s3-request.js';
import { readXml, type XmlNode } from '../xml/xml-reader.js';
import { S3Error } from '../s3-error.js';

/** No configuration of S3 is longer: a lifecycle of a thousand rules with all their tags fits. */
const LARGEST_DOCUMENT = 2 * 1024 * 1024;

/** The document that a request brings, whose root has that name. Throws `MissingRequestBodyError` and `MalformedXML`. */
export async function documentOf(request: S3Request, rootName: string): Promise<XmlNode> {
  const bytes = await request.body.bytes(LARGEST_DOCUMENT);
  if (bytes.length === 0) throw new S3Error('MissingRequestBodyError');
  return readXml(bytes, rootName);
}
