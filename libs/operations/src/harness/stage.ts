import { Invalid, Unavailable } from '@virga/kernel';
import type { MessageTap } from '@virga/messaging';
import type { Database } from '@virga/persistence';
import type { AroundStep } from '../attempt.js';
import type { Outcome } from '../operation.js';
import { MortalDatabase, type Fate } from './mortal-database.js';
import type { ProcessTools } from './world.js';
import type { Observed, Variant } from './variant.js';

/** Plays one variant: counts what happens from `begin` on, and makes happen what the variant says. */
export class Stage {
  readonly observed: Observed = { commits: [], abandonedAt: undefined, runs: [], messages: [] };
  private hasBegun = false;
  private isTroubleOver = false;
  private death = Promise.withResolvers<'died'>();
  private fate: Mortality = new Mortality(this);

  private strike: (disaster: string) => Promise<void> = async () => undefined;

  constructor(readonly variant: Variant, private readonly kind: string) {}

  /** The request has been made: from here on, things go wrong; `strike` brings a disaster about. */
  async begin(strike: (disaster: string) => Promise<void>): Promise<void> {
    this.hasBegun = true;
    this.strike = strike;
    await this.maybeStrike();
  }

  /** Resolves when the process has died. */
  get died(): Promise<'died'> {
    return this.death.promise;
  }

  /** Tools for a process that starts now; the one before, if any, is dead. */
  tools(database: Database): ProcessTools {
    this.fate = new Mortality(this);
    this.death = Promise.withResolvers();
    return { database: new MortalDatabase(database, this.fate), aroundStep: this.aroundStep, random: () => 0, tap: this.tap };
  }

  /** Counts a commit, and says whether the process dies before it. */
  committing(label: string): boolean {
    if (!this.hasBegun) return false;
    this.observed.commits.push(label);
    return this.isDeath('before');
  }

  isDeathAfter(commit: number): boolean {
    return this.hasBegun && commit === this.variant.death?.commit && this.isDeath('after');
  }

  dies(): void {
    this.isTroubleOver = true;
    this.death.resolve('died');
  }

  private isDeath(when: 'before' | 'after'): boolean {
    const { death } = this.variant;
    return !this.isTroubleOver && death?.when === when && death.commit === this.observed.commits.length;
  }

  private readonly aroundStep: AroundStep = async (at, work) => {
    if (at.kind !== this.kind) return work();
    if (at.isAbandoning) this.observed.abandonedAt ??= this.observed.commits.length;
    const outcome = await this.perform(at.isAbandoning ? undefined : at.step, work);
    this.observed.runs.push(at.isAbandoning ? 'abandon' : at.step);
    await this.maybeStrike();
    return outcome;
  };

  private perform(step: string | undefined, work: () => Promise<Outcome>): Promise<Outcome> {
    const { repetition, failure } = this.variant;
    if (repetition === 'after itself') return work().then(work);
    if (repetition === 'beside itself') return twiceAtOnce(work);
    if (failure !== undefined && failure.step === step) return this.fail(failure, work);
    return work();
  }

  private async fail(failure: NonNullable<Variant['failure']>, work: () => Promise<Outcome>): Promise<Outcome> {
    if (!failure.isPermanent && this.isTroubleOver) return work();
    if (!failure.isPermanent) this.isTroubleOver = true;
    if (failure.when === 'after') await work();
    throw failure.isPermanent ? new Invalid('harness.failure', 'The harness made this step fail.') : new Unavailable('harness.hiccup', 'The harness made this step fail once.');
  }

  private readonly tap: MessageTap = ({ type }) => {
    if (!this.hasBegun) return 1;
    this.observed.messages.push(type);
    const { message } = this.variant;
    return message?.number === this.observed.messages.length ? message.copies : 1;
  };

  private async maybeStrike(): Promise<void> {
    const { disaster } = this.variant;
    if (disaster?.afterRun === this.observed.runs.length && !this.isTroubleOver) {
      this.isTroubleOver = true;
      await this.strike(disaster.name);
    }
  }
}

/** Whether one process is still alive. */
class Mortality implements Fate {
  isDead = false;

  constructor(private readonly stage: Stage) {}

  get commits(): number {
    return this.stage.observed.commits.length;
  }

  diesBeforeCommit(label: string): boolean {
    return this.isDead || (this.stage.committing(label) && this.die());
  }

  diesAfterCommit(commit: number): boolean {
    return this.stage.isDeathAfter(commit) && this.die();
  }

  private die(): true {
    this.isDead = true;
    this.stage.dies();
    return true;
  }
}

/** Both run at once; where one of them loses a race, the other's word counts. */
async function twiceAtOnce(work: () => Promise<Outcome>): Promise<Outcome> {
  const [first, second] = await Promise.allSettled([work(), work()]);
  if (second.status === 'fulfilled') return second.value;
  if (first.status === 'fulfilled') return first.value;
  throw second.reason;
}
