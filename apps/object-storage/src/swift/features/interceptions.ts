import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import { BulkDeletions, Extractions } from '../bulk/index.js';
import { FormPosts } from '../form-post/index.js';
import type { SwiftRequest } from '../request/index.js';
import { Heartbeats, SloDeletions } from '../slo/index.js';
import { StaticSites } from '../static-web/index.js';
import { TempUrlAccess, TempUrls } from '../temp-url/index.js';
import type { Answer } from './answer.js';

/** Features that make many requests of one. */
@Injectable()
export class ManifoldRequests {
  constructor(
    private readonly extractions: Extractions,
    private readonly deletions: BulkDeletions,
    private readonly manifestDeletions: SloDeletions,
    private readonly forms: FormPosts,
  ) {}

  /** The answer of the feature whose request it is, or undefined where it is none of theirs. */
  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply | undefined> {
    return this.extractions.answer(request, next) ?? this.deletions.answer(request, next)
      ?? await this.forms.answer(request, next) ?? await this.manifestDeletions.answer(request, next);
  }
}

/** Features that answer whole requests or rewrite answers: bulk upload and deletion, form POST, static web. */
@Injectable()
export class Interceptions {
  constructor(
    private readonly manifold: ManifoldRequests,
    private readonly heartbeats: Heartbeats,
    private readonly sites: StaticSites,
    private readonly tempUrls: TempUrls,
  ) {}

  /** Asked for each admitted storage request; `next` is how it is answered otherwise, and throws what refuses it. */
  async answer(request: SwiftRequest, next: Answer): Promise<FrontReply> {
    const { access } = request;
    if (access instanceof TempUrlAccess) return this.tempUrls.dressed(request, access, await next(this.tempUrls.stripped(request)));
    return await this.manifold.answer(request, next) ?? this.heartbeats.answer(request, next) ?? this.sites.answer(request, next);
  }
}
