import type { Instant } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { FrontRequest } from '../../front/index.js';
import type { Tags } from '../tagging/tags.js';
import type { RequestBody } from './request-body.js';
import type { S3Caller } from './s3-caller.js';

/** A request whose signature is verified (or that has none), with its body ready to be read. */
export interface S3Request {
  readonly front: FrontRequest;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  /** When it arrived. */
  readonly now: Instant;
  /** Undefined for one without a signature: anonymous. */
  readonly caller: S3Caller | undefined;
  readonly body: RequestBody;
  /** Undefined where the request is about the service. */
  readonly bucketName: string | undefined;
  readonly key: string | undefined;
  /** The tags that the request brings, where they came in its body; policies may ask for them. */
  requestTags?: Tags;
  /** Set by `Access.require`: a request that nobody judged is a defect. */
  isJudged: boolean;
}

export interface BucketRequest extends S3Request {
  readonly bucketName: string;
  readonly bucket: Container;
}

export interface ObjectRequest extends BucketRequest {
  readonly key: string;
}

/** The request's headers, one value each. */
export class Headers {
  constructor(private readonly raw: FrontRequest['headers']) {}

  get(name: string): string | undefined {
    const value = this.raw[name];
    return Array.isArray(value) ? value.join(',') : value;
  }

  has(name: string): boolean {
    return this.raw[name] !== undefined;
  }

  /** All headers whose names begin so, in lower case, with the whole name. */
  startingWith(prefix: string): Record<string, string> {
    return Object.fromEntries(Object.keys(this.raw).filter((name) => name.startsWith(prefix)).map((name) => [name, this.get(name) ?? '']));
  }
}
