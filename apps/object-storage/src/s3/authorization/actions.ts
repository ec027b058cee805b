import { ownEntry } from '@virga/kernel';
import type { Permission } from '../acl/acl.js';

/** By what an action may be granted, apart from policies. */
export interface ActionRule {
  /** The grant in an ACL that stands for it. An owner has it by the ACL too, and may take it from themselves. */
  acl?: { of: 'bucket' | 'object'; permission: Permission };
  /** Owners may, whatever the ACL says: of the bucket, or also of the object. */
  owner?: 'bucket' | 'object';
}

const listing: ActionRule = { acl: { of: 'bucket', permission: 'READ' } };
const writing: ActionRule = { acl: { of: 'bucket', permission: 'WRITE' } };
const reading: ActionRule = { acl: { of: 'object', permission: 'READ' } };
const ofOwner: ActionRule = { owner: 'object' };

/** Actions that are not the bucket owner's alone. Names are IAM's, which policies use. */
const RULES: Readonly<Record<string, ActionRule>> = {
  's3:ListBucket': listing,
  's3:ListBucketVersions': listing,
  's3:ListBucketMultipartUploads': listing,
  's3:GetBucketAcl': { acl: { of: 'bucket', permission: 'READ_ACP' }, owner: 'bucket' },
  's3:PutBucketAcl': { acl: { of: 'bucket', permission: 'WRITE_ACP' }, owner: 'bucket' },
  's3:PutObject': writing,
  's3:DeleteObject': writing,
  's3:AbortMultipartUpload': writing,
  's3:ListMultipartUploadParts': writing,
  's3:GetObject': reading,
  's3:GetObjectVersion': reading,
  's3:GetObjectAttributes': reading,
  's3:GetObjectVersionAttributes': reading,
  's3:GetObjectAcl': { acl: { of: 'object', permission: 'READ_ACP' }, owner: 'object' },
  's3:GetObjectVersionAcl': { acl: { of: 'object', permission: 'READ_ACP' }, owner: 'object' },
  's3:PutObjectAcl': { acl: { of: 'object', permission: 'WRITE_ACP' }, owner: 'object' },
  's3:PutObjectVersionAcl': { acl: { of: 'object', permission: 'WRITE_ACP' }, owner: 'object' },
  's3:GetObjectTagging': ofOwner,
  's3:GetObjectVersionTagging': ofOwner,
  's3:PutObjectTagging': ofOwner,
  's3:PutObjectVersionTagging': ofOwner,
  's3:DeleteObjectTagging': ofOwner,
  's3:DeleteObjectVersionTagging': ofOwner,
};

const OF_BUCKET_OWNER: ActionRule = { owner: 'bucket' };

/** What of an action that is not listed: the bucket's owner decides. */
export function ruleOf(action: string): ActionRule {
  return ownEntry(RULES, action) ?? OF_BUCKET_OWNER;
}

/** What a policy cannot take from the bucket's owner: else a mistake in a policy could never be mended. */
export const OWNERS_LAST_RESORT: ReadonlySet<string> = new Set(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']);

/** Whether the action only looks. */
export function isReading(action: string): boolean {
  return /^s3:(Get|List)/.test(action);
}
