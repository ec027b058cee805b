import { bucketAcl, bucketOwner, isGranted, objectAcl, objectOwner, privateGrants, projectIdOf, type Acl, type Asker } from '../acl/acl.js';
import type { Container } from '../../containers/index.js';
import type { StoredObject } from '../../objects/index.js';
import { evaluate, isPublicPolicy, type PolicyQuestion, type Verdict } from '../policy/policy-evaluation.js';
import type { PolicyDocument } from '../policy/policy-document.js';
import { OWNERS_LAST_RESORT, ruleOf } from './actions.js';

/** One question: may this caller do this to this bucket (and object)? */
export interface Case {
  /** Undefined: anonymous. */
  person: Asker | undefined;
  action: string;
  bucket: Container;
  /** The object that it is about, where there is one already. */
  object: StoredObject | undefined;
  /** The bucket's policy, where it has one. */
  policy: PolicyDocument | undefined;
  question: PolicyQuestion;
}

/**
 * Whether the caller may: never what the policy denies; else what the policy allows, what an ACL grants, or what owners may. Pure.
 */
export function isAllowed(given: Case): boolean {
  const isOwn = given.person?.projectId === projectIdOf(given.bucket.account);
  const isOwner = isOwn && given.person?.isOperator === true;
  const verdict = policyVerdict(given, isOwn);
  if (verdict === 'deny') return isOwner && OWNERS_LAST_RESORT.has(given.action);
  return verdict === 'allow' || byOwnership(given, isOwner) || byAcl(given);
}

function policyVerdict({ policy, question, bucket }: Case, isOwn: boolean): Verdict {
  if (policy === undefined) return 'silent';
  const verdict = evaluate(policy, question);
  const isRestricted = verdict === 'allow' && !isOwn && bucket.settings.publicAccessBlock?.restrictPublicBuckets === true && isPublicPolicy(policy);
  return isRestricted ? 'silent' : verdict;
}

function byOwnership({ person, action, bucket, object }: Case, isBucketOwner: boolean): boolean {
  const { owner } = ruleOf(action);
  if (owner === undefined) return false;
  if (isBucketOwner && (owner === 'bucket' || !action.endsWith('Acl') || object === undefined)) return true;
  return owner === 'object' && object !== undefined && person?.isOperator === true && person.projectId === ownerOfObject(object, bucket).projectId;
}

function byAcl({ person, action, bucket, object }: Case): boolean {
  const { acl: granted } = ruleOf(action);
  if (granted === undefined) return false;
  const options = { ignoresGroups: bucket.settings.publicAccessBlock?.ignorePublicAcls === true };
  if (granted.of === 'bucket') return isGranted(effectiveBucketAcl(bucket), person, granted.permission, options);
  return object !== undefined && isGranted(effectiveObjectAcl(object, bucket), person, granted.permission, options);
}

/** With ACLs turned off, everything is the bucket owner's alone. */
function effectiveBucketAcl(bucket: Container): Acl {
  const owner = bucketOwner(bucket);
  return isEnforced(bucket) ? { owner, grants: privateGrants(owner) } : bucketAcl(bucket);
}

function effectiveObjectAcl(object: StoredObject, bucket: Container): Acl {
  return isEnforced(bucket) ? effectiveBucketAcl(bucket) : objectAcl(object, bucket);
}

function ownerOfObject(object: StoredObject, bucket: Container): { projectId: string } {
  return isEnforced(bucket) ? bucketOwner(bucket) : objectOwner(object, bucket);
}

function isEnforced(bucket: Container): boolean {
  return bucket.settings.ownership === 'BucketOwnerEnforced';
}
