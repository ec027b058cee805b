import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Whether two texts are equal, in a time that does not depend on where they differ or how long they are. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}

/** The scope of a version 4 signature: `date/region/service/aws4_request`. */
export interface SigningScope {
  date: string;
  region: string;
  service: string;
}

export function signingScopeOf(text: string): SigningScope | undefined {
  const [date, region, service, end, ...rest] = text.split('/');
  if (date === undefined || region === undefined || service === undefined || end !== 'aws4_request' || rest.length > 0) return undefined;
  return { date, region, service };
}

/** The version 4 signature of a string to sign, in hexadecimal digits (AWS, "Create a signed AWS API request"). */
export function signature4(secret: string, { date, region, service }: SigningScope, stringToSign: string): string {
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((parent, part) => createHmac('sha256', parent).update(part).digest(), `AWS4${secret}`);
  return createHmac('sha256', key).update(stringToSign).digest('hex');
}
