import { Injectable } from '@nestjs/common';
import { LeastRecentMap } from '@virga/identity-client';
import type { Caller } from '@virga/kernel';
import type { Container } from '../containers/index.js';
import type { StoredObject } from '../objects/index.js';
import { canonicalUser, type Asker } from './acl/acl.js';
import { isReading } from './authorization/actions.js';
import { conditionValues } from './authorization/condition-values.js';
import { isAllowed, type Case } from './authorization/judgement.js';
import { readPolicy, type PolicyDocument } from './policy/policy-document.js';
import { evaluate, type Principal } from './policy/policy-evaluation.js';
import { S3Error } from './s3-error.js';
import type { S3Caller } from './request/s3-caller.js';
import type { S3Request } from './request/s3-request.js';

/** What an action is done to. */
export interface AccessTarget {
  bucket?: Container;
  bucketName?: string;
  key?: string | undefined;
  /** What is there under the key now; give it wherever it is known: policies may ask for its tags, and its ACL counts. */
  object?: StoredObject | undefined;
}

/** Roles that may use an account's buckets, as Swift's operator roles. */
const OPERATOR_ROLES = ['admin', 'member', 'swiftoperator'];
/** Those that may look at what the account has. */
const READER_ROLES = ['reader'];

/** Policies remembered as they were read. Too low: busy buckets are parsed for each request. Too high: memory, at most 100 KiB each. */
const REMEMBERED_POLICIES = 500;

/** Actions whose object may turn out to be missing: who may not list the bucket must not learn that. */
const LOOKING = /^s3:GetObject/;

/**
 * Decides who may do what (docs: owners, bucket policy, ACLs, public access block; `authorization/judgement.ts` has the rules). An operator of
 * the account that a bucket belongs to owns it; every other caller, and who gave no signature, may what ACLs and policies grant.
 */
@Injectable()
export class Access {
  private readonly policies = new LeastRecentMap<string, PolicyDocument>(REMEMBERED_POLICIES);

  /** Throws `AccessDenied` unless the caller may; `action` is IAM's name for it, `s3:GetObject`. Call it in every operation, once it knows its target. */
  async require(request: S3Request, action: string, target: AccessTarget): Promise<void> {
    if (!await this.allows(request, action, target)) throw new S3Error('AccessDenied');
  }

  /** Whether the caller may; for choosing between answers (404 or 403). */
  async allows(request: S3Request, action: string, target: AccessTarget): Promise<boolean> {
    request.isJudged = true;
    const { bucket } = target;
    if (bucket === undefined) return request.caller !== undefined && askerOf(request.caller, action).isOperator;
    if (!this.isAllowed(request, action, target, bucket)) {
      // A missing object has no ACL to ask; S3 says that it is missing to those who could see it by listing.
      const isMissing = target.object === undefined && LOOKING.test(action);
      return isMissing && this.isAllowed(request, 's3:ListBucket', { bucket, bucketName: bucket.name }, bucket) && !this.isDenied(request, action, target, bucket);
    }
    return true;
  }

  private isAllowed(request: S3Request, action: string, target: AccessTarget, bucket: Container): boolean {
    return isAllowed(this.caseOf(request, action, target, bucket));
  }

  private isDenied(request: S3Request, action: string, target: AccessTarget, bucket: Container): boolean {
    const { policy, question } = this.caseOf(request, action, target, bucket);
    return policy !== undefined && evaluate(policy, question) === 'deny';
  }

  private caseOf(request: S3Request, action: string, target: AccessTarget, bucket: Container): Case {
    const { caller } = request;
    const resource = target.key === undefined ? bucket.name : `${bucket.name}/${target.key}`;
    return {
      person: caller && askerOf(caller, action), action, bucket, object: target.object, policy: this.policyOf(bucket),
      question: { principal: caller && principalOf(caller), action, resource, values: conditionValues(request, target) },
    };
  }

  private policyOf(bucket: Container): PolicyDocument | undefined {
    const text = bucket.settings.policy;
    if (text === undefined) return undefined;
    const key = `${bucket.name}\n${text}`;
    const known = this.policies.get(key);
    if (known !== undefined) return known;
    const read = readPolicy(text, bucket.name);
    this.policies.set(key, read);
    return read;
  }
}

/** Whether the caller owns what the account has. */
export function isOperator(request: S3Request, account: string | undefined): boolean {
  const { caller } = request;
  return caller !== undefined && caller.account === account && hasRole(caller, OPERATOR_ROLES);
}

/** A reader is as good as an operator where it is only about looking. */
function askerOf(caller: S3Caller, action: string): Asker {
  const isOperator = hasRole(caller, OPERATOR_ROLES) || (isReading(action) && hasRole(caller, READER_ROLES));
  return { projectId: caller.projectId ?? '', userId: caller.userId, isOperator };
}

function hasRole(caller: Caller, roles: readonly string[]): boolean {
  return roles.some((role) => caller.roles.has(role));
}

/** Names count where they are unique: in the default domain. */
function principalOf(caller: S3Caller): Principal {
  const { scope } = caller;
  const isNamed = scope.kind === 'project' && scope.projectDomainId === 'default';
  return {
    accounts: [caller.projectId ?? '', ...(isNamed ? [scope.projectName] : [])],
    users: [caller.userId, ...(caller.userDomainId === 'default' ? [caller.userName] : [])],
    canonicalId: canonicalUser(caller).id,
  };
}
