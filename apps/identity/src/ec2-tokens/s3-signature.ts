import { createHmac } from 'node:crypto';
import { signature4, signingScopeOf } from './signature.js';

/** The services whose strings to sign are taken: those that an object store answers for. */
const SERVICES = ['s3', 'iam', 'sts'];

/** The signature that a string to sign must have, in version 4 where it says so, else in version 1; undefined where it is malformed. */
export function s3Signature(secret: string, stringToSign: Buffer): string | undefined {
  if (stringToSign.subarray(0, 4).toString('latin1') !== 'AWS4') return createHmac('sha1', secret).update(stringToSign).digest('base64');
  const lines = stringToSign.toString().split('\n');
  const [algorithm, , scopeText = ''] = lines;
  const scope = signingScopeOf(scopeText);
  if (lines.length !== 4 || algorithm !== 'AWS4-HMAC-SHA256' || scope === undefined || !SERVICES.includes(scope.service)) return undefined;
  return signature4(secret, scope, stringToSign.toString());
}
