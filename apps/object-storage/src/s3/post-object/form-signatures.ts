import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { raise } from '@virga/kernel';
import type { FrontRequest } from '../../front/index.js';
import type { S3Caller } from '../request/s3-caller.js';
import { S3Error } from '../s3-error.js';
import { Authentication } from '../signature/authentication.js';
import { hmac, sameSignature, signingKey, type CredentialScope } from '../signature/signing-key.js';

/** A form whose policy was signed. */
export interface SignedForm {
  caller: S3Caller;
  /** The policy as it was signed, in base64. */
  policy: string;
}

const V4 = 'AWS4-HMAC-SHA256';

/** Verifies the signature of a form's policy, of version 4 or 2. */
@Injectable()
export class FormSignatures {
  constructor(private readonly authentication: Authentication) {}

  /** Undefined for a form without a policy: anonymous. Throws S3's words for one that is not well signed. */
  async verify(front: FrontRequest, fields: ReadonlyMap<string, string>): Promise<SignedForm | undefined> {
    const policy = fields.get('policy');
    const accessKey = fields.get('awsaccesskeyid');
    const isV4 = fields.has('x-amz-algorithm') || fields.has('x-amz-credential') || fields.has('x-amz-signature');
    if (policy === undefined && accessKey === undefined && !isV4) return undefined;
    if (policy === undefined) throw missing('policy');
    return isV4 ? this.verifyV4(front, fields, policy) : this.verifyV2(front, fields, policy);
  }

  private async verifyV2(front: FrontRequest, fields: ReadonlyMap<string, string>, policy: string): Promise<SignedForm> {
    const [accessKey, signature] = [fields.get('awsaccesskeyid') ?? '', fields.get('signature') ?? ''];
    if (accessKey === '') throw missing('AWSAccessKeyId');
    if (signature === '') throw missing('signature');
    const { secret, caller } = await this.authentication.find(front, accessKey);
    requireSame(signature, createHmac('sha1', secret).update(policy).digest('base64'), accessKey);
    return { caller, policy };
  }

  private async verifyV4(front: FrontRequest, fields: ReadonlyMap<string, string>, policy: string): Promise<SignedForm> {
    const field = (name: string): string => fields.get(name) || raise(missing(name));
    if (field('x-amz-algorithm') !== V4) throw missing('x-amz-algorithm');
    const signature = field('x-amz-signature');
    const { accessKey, scope } = credentialOf(field('x-amz-credential'), field('x-amz-date'));
    const { secret, caller } = await this.authentication.find(front, accessKey);
    requireSame(signature, hmac(signingKey(secret, scope), policy).toString('hex'), accessKey);
    return { caller, policy };
  }
}

function credentialOf(credential: string, date: string): { accessKey: string; scope: CredentialScope } {
  const [, accessKey = '', day = '', region = '', service = ''] = /^(.+)\/(\d{8})\/([^/]+)\/(s3)\/aws4_request$/.exec(credential) ?? [];
  if (accessKey === '' || !date.startsWith(day)) throw missing('x-amz-credential');
  return { accessKey, scope: { date: day, region, service } };
}

function requireSame(given: string, expected: string, accessKey: string): void {
  if (!sameSignature(given, expected)) throw new S3Error('SignatureDoesNotMatch', { fields: { AWSAccessKeyId: accessKey } });
}

function missing(field: string): S3Error {
  return new S3Error('InvalidArgument', { message: `Bucket POST must contain a field named '${field}'.  If it is specified, please check the order of the fields.`, fields: { ArgumentName: field, ArgumentValue: '' } });
}
