import { Bug, seconds, type Duration } from '@virga/kernel';
import { CLAIM_LEASE } from '../engine.js';
import { observeOperations } from '../observation.js';
import { nextDue } from '../operation-table.js';
import type { OperationId } from '../operation.js';
import { Stage } from './stage.js';
import { untroubled, type Observed, type Variant } from './variant.js';
import type { ProcessUnderTest, Survival, World } from './world.js';

/** How often time may pass before an operation that is still alive counts as stuck. */
const MOST_WAITS = 500;

export interface Failure {
  variant: string;
  error: unknown;
}

/** Plays variants of one operation, each in a fresh world. */
export class Trial<W extends World, Subject> {
  constructor(private readonly kind: string, private readonly open: () => Promise<W>, private readonly survival: Survival<W, Subject>) {}

  /** What happens without trouble; fails where even that does not keep the promises. */
  rehearse(variant: Variant = untroubled): Promise<Observed> {
    return this.play(variant);
  }

  /** Plays all variants and answers those that broke a promise. */
  async playAll(variants: readonly Variant[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const variant of variants) {
      await this.play(variant).catch((error: unknown) => failures.push({ variant: variant.name, error }));
    }
    return failures;
  }

  private async play(variant: Variant): Promise<Observed> {
    const world = await this.open();
    try {
      const stage = new Stage(variant, this.kind);
      const process = await world.boot(stage.tools(world.database));
      const subject = await this.survival.given(world);
      const operation = await this.findOperation(world);
      await stage.begin(async (name) => this.survival.disasters?.[name]?.(world, subject));
      await this.runToTheEnd(world, stage, process);
      await this.verify(world, stage, subject, operation);
      return stage.observed;
    } finally {
      await world.close();
    }
  }

  private async findOperation(world: W): Promise<OperationId> {
    const live = await observeOperations(world.database, { kind: this.kind, isLive: true, limit: 2 });
    const [operation] = live;
    if (operation === undefined || live.length > 1) throw new Bug('harness.given', `'given' started ${live.length} operations of kind ${this.kind} instead of one.`);
    return operation.id;
  }

  private async runToTheEnd(world: W, stage: Stage, first: ProcessUnderTest): Promise<void> {
    let process = first;
    for (let waits = 0; waits < MOST_WAITS; waits++) {
      const end = await Promise.race([process.settled().then(() => 'settled' as const), stage.died]);
      if (end === 'died') {
        await process.kill();
        process = await world.boot(stage.tools(world.database));
        world.clock.advance((CLAIM_LEASE + seconds(1)) as Duration);
        continue;
      }
      const due = await nextDue(world.database);
      if (due === undefined) return process.kill();
      world.clock.advance(Math.max(1, due - world.clock.now()) as Duration);
    }
    await process.kill();
    throw new Error(`It is stuck: after ${MOST_WAITS} waits an operation is still alive: ${await this.describeLive(world)}`);
  }

  private async describeLive(world: W): Promise<string> {
    const live = await observeOperations(world.database, { isLive: true, limit: 5 });
    return live.map(({ kind, state, step, waitingFor }) => `${kind} ${state} at ${step}, waiting for ${waitingFor}`).join('; ');
  }

  private async verify(world: W, stage: Stage, subject: Subject, id: OperationId): Promise<void> {
    const { variant, observed } = stage;
    requireHappened(variant, observed);
    const operation = (await observeOperations(world.database, { kind: this.kind, limit: 50 })).find((candidate) => candidate.id === id);
    if (variant.expects === 'completion') {
      if (operation?.state !== 'succeeded') throw new Error(`It ended as ${operation?.state} (${operation?.fault?.code}: ${operation?.fault?.message}) instead of succeeding.`);
      await this.survival.whenItCompletes(world, subject);
    }
    if (variant.expects === 'failure') await this.survival.whenItFails(world, subject);
    await world.assertSound();
  }
}

/** A trouble that never came would prove nothing. */
function requireHappened({ death, message, failure }: Variant, { commits, messages, runs }: Observed): void {
  if (death !== undefined && commits.length < death.commit) throw new Bug('harness.variant', `There was no commit ${death.commit}: runs of this operation differ.`);
  if (message !== undefined && messages.length < message.number) throw new Bug('harness.variant', `There was no message ${message.number}: runs of this operation differ.`);
  if (failure !== undefined && failure.isPermanent && !runs.includes('abandon')) throw new Bug('harness.variant', `The step '${failure.step}' was never reached.`);
}
