import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import type { Container } from '../../containers/index.js';
import type { ObjectRequest } from '../request/index.js';

/** Versioned containers in Swift's old modes (stack, history), version ids, and deletions that mean more than one object. */
@Injectable()
export class Histories {
  /** Asked before the current object is replaced by a PUT: the old modes keep a copy of it first. */
  async beforePut(_request: ObjectRequest, _container: Container): Promise<void> {}

  /** Asked for each authorized DELETE; an answer ends it (a version, a manifest with its segments, a restored copy). */
  async onDelete(_request: ObjectRequest, _container: Container): Promise<FrontReply | undefined> {
    return undefined;
  }

  /** The version that GET, HEAD, POST, COPY or DELETE name by `?version-id=`; undefined for the current one. Throws 400. */
  versionOf(_request: ObjectRequest, _container: Container): bigint | undefined {
    return undefined;
  }
}
