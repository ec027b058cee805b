import { Injectable } from '@nestjs/common';
import type { Metadata } from '../../metadata/index.js';
import type { Container } from '../../containers/index.js';
import type { ObjectChange, ObjectSettings, StoredObject } from '../../objects/index.js';
import type { Content } from './contents.js';
import type { ObjectRequest } from '../request/index.js';

/** What a feature makes of a PUT: everything is optional, and nothing means that the request is stored as it came. */
export interface PutPlan {
  /** Stored instead of the request's body (a manifest); then the request's body has been read. */
  bytes?: Buffer;
  /** Instead of the MD5 of the stored bytes. */
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

  /** Asked for a copy, whose bytes and headers are already decided: what of the source's being a manifest or a link is copied. */
  async ofCopy(_request: ObjectRequest, _container: Container, _source: Content): Promise<PutPlan> {
    return {};
  }

  /** Asked for a POST: metadata joined to what the headers give, and settings that change. Throws a redirection for links. */
  async ofPost(_request: ObjectRequest, _container: Container, _object: StoredObject): Promise<Pick<ObjectChange, 'metadata' | 'settings'>> {
    return {};
  }
}
