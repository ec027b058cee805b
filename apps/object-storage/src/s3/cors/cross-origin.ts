import { Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { translated } from '../fault.js';
import { bucketNameIsPossible } from '../operations/bucket-names.js';
import { emptyReply } from '../operations/replies.js';
import type { Address } from '../request/address.js';
import type { Headers } from '../request/s3-request.js';
import { S3Error } from '../s3-error.js';
import { corsHeaders, matchingRule, preflightHeaders, type CorsQuestion } from './cors-rules.js';

/** What browsers need to hear before and after requests of pages from elsewhere. Nobody needs a signature for it: it says nothing but the bucket's rules. */
@Injectable()
export class CrossOrigin {
  constructor(private readonly containers: Containers) {}

  /** The answer to an OPTIONS request. Throws `BadRequest` and `AccessForbidden`. */
  async preflight(address: Address, headers: Headers): Promise<FrontReply> {
    const [origin, method] = [headers.get('origin'), headers.get('access-control-request-method')];
    if (origin === undefined) throw new S3Error('BadRequest', { message: 'Insufficient information. Origin request header needed.' });
    if (method === undefined) throw new S3Error('BadRequest', { message: 'Invalid Access-Control-Request-Method: null' });
    const bucket = await this.bucketOf(address);
    if (bucket === undefined && address.bucket !== undefined) throw new S3Error('NoSuchBucket', { fields: { BucketName: address.bucket } });
    const question: CorsQuestion = { origin, method, headers: listed(headers.get('access-control-request-headers')) };
    const rules = bucket?.settings.cors;
    if (rules === undefined) throw forbidden(method, 'CORSResponse: CORS is not enabled for this bucket.');
    const rule = matchingRule(rules, question);
    if (rule === undefined) throw forbidden(method, 'CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource\'s CORS spec.');
    return emptyReply(200, preflightHeaders(rule, question));
  }

  /** The answer with what its reader's page may know; an error's answer too. */
  async answered(address: Address, headers: Headers, method: string, answer: () => Promise<FrontReply>): Promise<FrontReply> {
    const origin = headers.get('origin');
    if (origin === undefined || address.bucket === undefined) return answer();
    const added = async (): Promise<Record<string, string>> => {
      const rules = (await this.bucketOf(address))?.settings.cors;
      const question: CorsQuestion = { origin, method: headers.get('access-control-request-method') ?? method, headers: [] };
      const rule = rules && matchingRule(rules, question);
      return rule === undefined ? {} : corsHeaders(rule, question);
    };
    try {
      const reply = await answer();
      return { ...reply, headers: { ...reply.headers, ...await added() } };
    } catch (error) {
      const { code, message, status, fields, headers: own } = translated(error);
      throw new S3Error(code, { message, status, fields, headers: { ...own, ...await added() }, cause: error });
    }
  }

  /** The bucket by its claimed name: who asks is not known yet. */
  private async bucketOf({ bucket }: Address): Promise<Container | undefined> {
    return bucket !== undefined && bucketNameIsPossible(bucket) ? this.containers.findBucket(bucket) : undefined;
  }
}

function listed(header: string | undefined): string[] {
  return (header ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '');
}

function forbidden(method: string, message: string): S3Error {
  return new S3Error('AccessForbidden', { message, fields: { Method: method, ResourceType: 'BUCKET' } });
}
