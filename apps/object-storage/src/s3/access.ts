import { Injectable } from '@nestjs/common';
import type { Container } from '../containers/index.js';
import type { StoredObject } from '../objects/index.js';
import { S3Error } from './s3-error.js';
import type { S3Request } from './request/s3-request.js';

/** What an action is done to. */
export interface AccessTarget {
  bucket?: Container;
  bucketName?: string;
  key?: string;
  object?: StoredObject | undefined;
}

/** Roles that may use an account's buckets, as Swift's operator roles. */
const OPERATOR_ROLES = ['admin', 'member', 'swiftoperator'];

/**
 * Decides who may do what. An operator of the account that a bucket belongs to may do everything with it; every other caller, and
 * who gave no signature, only what ACLs and policies grant.
 */
@Injectable()
export class Access {
  /** Throws `AccessDenied` unless the caller may; `action` is IAM's name for it, `s3:GetObject`. Call it in every operation, once it knows its target. */
  async require(request: S3Request, action: string, target: AccessTarget): Promise<void> {
    request.isJudged = true;
    if (!await this.allows(request, action, target)) throw new S3Error('AccessDenied');
  }

  /** Whether the caller may; for choosing between answers (404 or 403). */
  async allows(request: S3Request, _action: string, target: AccessTarget): Promise<boolean> {
    request.isJudged = true;
    return isOperator(request, target.bucket?.account ?? request.caller?.account);
  }
}

/** Whether the caller owns what the account has. */
export function isOperator(request: S3Request, account: string | undefined): boolean {
  const { caller } = request;
  return caller !== undefined && caller.account === account && OPERATOR_ROLES.some((role) => caller.roles.has(role));
}
