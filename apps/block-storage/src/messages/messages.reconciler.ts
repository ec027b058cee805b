import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, hours, type Clock, type Duration } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { correct, Reconciler, type Correction } from '@virga/reconcile';
import { MessagesRepository } from './messages.repository.js';

const BATCH = 1000;

/** Forgets messages whose time is over, a thousand in each transaction. Any number of replicas may: each takes what no other has locked. */
@Injectable()
export class MessagesReconciler extends Reconciler<'expired', 'expired'> {
  readonly name = 'messages';
  readonly interval: Duration = hours(1);

  constructor(private readonly db: Database, private readonly messages: MessagesRepository, @Inject(CLOCK) private readonly clock: Clock) {
    super();
  }

  async* observe(): AsyncIterable<readonly 'expired'[]> {
    if (await this.messages.hasExpired(this.db, new Date(this.clock.now()))) yield ['expired'];
  }

  plan(): Correction<'expired'> {
    return correct('messages-expired', 'expired', { isDefect: false });
  }

  async correct(_repair: 'expired', _seen: 'expired', signal: AbortSignal): Promise<void> {
    const prune = (): Promise<number> => this.db.transaction((tx) => this.messages.prune(tx, new Date(this.clock.now()), BATCH));
    while (!signal.aborted && await prune() === BATCH);
  }

  describe(): string {
    return 'expired messages';
  }
}
