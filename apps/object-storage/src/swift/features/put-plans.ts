import { Injectable } from '@nestjs/common';
import type { Metadata } from '../../metadata/index.js';
import type { Container } from '../../containers/index.js';
import type { ObjectSettings } from '../../objects/index.js';
import type { ObjectRequest } from '../request/index.js';

/** What a feature makes of a PUT: everything is optional, and nothing means that the request is stored as it came. */
export interface PutPlan {
  /** Stored instead of the request's body (a manifest); then the request's body has been read. */
  bytes?: Buffer;
  /** The object's size as listings show it, where that is not the size of the stored bytes. */
  etag?: string;
  contentType?: string;
  /** Joined to what the request's headers give. */
  metadata?: Metadata;
  settings?: Partial<ObjectSettings>;
  replyHeaders?: Record<string, string>;
}

/** Features that change what a PUT stores: static and dynamic large objects, symbolic links. */
@Injectable()
export class PutPlans {
  /** Asked after authorization and before a byte of the body is read. Throws what refuses the request. */
  async of(_request: ObjectRequest, _container: Container): Promise<PutPlan> {
    return {};
  }
}
