import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import type { SwiftRequest } from '../request/index.js';

/** Features that answer whole requests or rewrite answers: bulk upload and deletion, form POST, static web. */
@Injectable()
export class Interceptions {
  /** Asked for each admitted storage request; `next` is how it is answered otherwise, and throws what refuses it. */
  async answer(_request: SwiftRequest, next: () => Promise<FrontReply>): Promise<FrontReply> {
    return next();
  }
}
