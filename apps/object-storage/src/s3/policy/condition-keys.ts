/** Condition keys that a request can have a value for, in lower case. A policy that asks for another one is refused: it could never say what its author means. */
const KNOWN: ReadonlySet<string> = new Set([
  'aws:currenttime', 'aws:epochtime', 'aws:principalaccount', 'aws:principalarn', 'aws:principaltype', 'aws:referer', 'aws:securetransport', 'aws:sourceip',
  'aws:useragent', 'aws:userid', 'aws:username', 'aws:resourceaccount',
  's3:authtype', 's3:delimiter', 's3:if-match', 's3:if-none-match', 's3:locationconstraint', 's3:max-keys', 's3:object-lock-legal-hold', 's3:object-lock-mode',
  's3:object-lock-remaining-retention-days', 's3:object-lock-retain-until-date', 's3:prefix', 's3:requestobjecttagkeys', 's3:resourceaccount', 's3:signatureage',
  's3:signatureversion', 's3:versionid', 's3:x-amz-acl', 's3:x-amz-content-sha256', 's3:x-amz-copy-source', 's3:x-amz-grant-full-control', 's3:x-amz-grant-read',
  's3:x-amz-grant-read-acp', 's3:x-amz-grant-write', 's3:x-amz-grant-write-acp', 's3:x-amz-metadata-directive', 's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id', 's3:x-amz-server-side-encryption-customer-algorithm', 's3:x-amz-storage-class',
  's3:x-amz-website-redirect-location',
]);

/** Keys of tags follow a slash and keep their case. */
const TAGGED = ['s3:existingobjecttag/', 's3:requestobjecttag/'];

/** A condition key as it is compared: names in lower case, a tag's key as it is. */
export function normalizedKey(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

/** Whether requests can have a value for the (normalized) key. */
export function isKnownConditionKey(key: string): boolean {
  return KNOWN.has(key) || TAGGED.some((prefix) => key.startsWith(prefix) && key.length > prefix.length);
}

/** Keys that narrow a policy down to somebody, so that it is not public: only with values that are no wildcards. */
export const NARROWING_KEYS: ReadonlySet<string> = new Set(['aws:sourceip', 'aws:principalaccount', 'aws:principalarn', 'aws:userid', 'aws:username']);
