import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../front/index.js';
import { AccountVerbs } from './accounts/account-verbs.js';
import { ContainerVerbs } from './containers/container-verbs.js';
import { ObjectVerbs } from './objects/object-verbs.js';
import { namesContainer, namesObject, type SwiftRequest } from './request/index.js';

/** Answers a request by what it names. */
@Injectable()
export class Nouns {
  constructor(
    private readonly accounts: AccountVerbs,
    private readonly containers: ContainerVerbs,
    private readonly objects: ObjectVerbs,
  ) {}

  answer(request: SwiftRequest): Promise<FrontReply> {
    if (namesObject(request)) return this.objects.answer(request);
    return namesContainer(request) ? this.containers.answer(request) : this.accounts.answer(request);
  }
}
