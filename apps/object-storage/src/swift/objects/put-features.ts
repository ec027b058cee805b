import { Injectable } from '@nestjs/common';
import { Histories, PutPlans } from '../features/index.js';

/** What features have to say of a PUT and of a copy. */
@Injectable()
export class PutFeatures {
  constructor(readonly plans: PutPlans, readonly histories: Histories) {}
}
