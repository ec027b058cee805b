import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a V4 signature is made for: `20130524/us-east-1/s3/aws4_request`. */
export interface CredentialScope {
  date: string;
  region: string;
  service: string;
}

export function scopeText({ date, region, service }: CredentialScope): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** The key of one day, region and service (AWS Signature Version 4, "Derive a signing key"). */
export function signingKey(secret: Buffer, { date, region, service }: CredentialScope): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer>((key, part) => hmac(key, part), Buffer.concat([Buffer.from('AWS4'), secret]));
}

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'latin1').digest();
}

/** Whether two signatures are the same, in a time that does not tell where they differ. */
export function sameSignature(given: string, expected: string): boolean {
  const [one, two] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === two.length && timingSafeEqual(one, two);
}
