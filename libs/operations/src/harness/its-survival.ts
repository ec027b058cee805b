import { Kinds } from '../kinds.js';
import type { AnyOperation, OperationClass } from '../operation.js';
import { Trial, type Failure } from './survive.js';
import { deaths, disasters, failures, messages, repetitions, type Variant } from './variant.js';
import type { Survival, World } from './world.js';

/** What the harness has to know of a kind: its name and steps, as its instances have them. */
export type KindUnderTest = Pick<AnyOperation, 'kind' | 'steps'>;

export interface SurvivalOptions {
  /** For each group of variants, in milliseconds; five minutes unless told. */
  timeoutMs?: number;
}

/** The groups of variants, by the name that its test has. */
export type Group = 'deaths' | 'repetitions' | 'failures' | 'messages' | 'disasters';

/** Plays one group of variants of an operation, found by watching it without trouble first. */
export async function playGroup<W extends World, Subject>(
  group: Group, kind: KindUnderTest, open: () => Promise<W>, survival: Survival<W, Subject>,
): Promise<{ played: number; failures: Failure[] }> {
  const trial = new Trial(kind.kind, open, survival);
  const variants = await variantsOf(group, kind, trial, survival);
  return { played: variants.length, failures: await trial.playAll(variants) };
}

async function variantsOf<W extends World, Subject>(
  group: Group, kind: KindUnderTest, trial: Trial<W, Subject>, survival: Survival<W, Subject>,
): Promise<Variant[]> {
  const steps = kind.steps.map(({ name }) => name);
  if (group === 'repetitions') return repetitions();
  if (group === 'failures') return failures(steps);
  const observed = await trial.rehearse();
  if (group === 'disasters') return disasters(observed, Object.keys(survival.disasters ?? {}));
  if (group === 'messages') {
    if (observed.messages.length === 0 && survival.isSilent !== true) throw new Error('No message passed the tap: connect it, or say isSilent.');
    return messages(observed);
  }
  const failing = failures(steps.slice(-1)).find(({ failure }) => failure?.isPermanent === true && failure.when === 'after');
  if (failing === undefined) return deaths(observed);
  const abandoned = await trial.rehearse(failing);
  // From the commit that begins the abandoning; what comes before is covered.
  return [...deaths(observed), ...deaths(abandoned, failing, Math.max(0, (abandoned.abandonedAt ?? 1) - 1))];
}

/**
 * Makes the `itSurvives` of a service: `open` makes a fresh world for every variant.
 *
 * Call the answer where `it` may be called. Each group is one test, which fails with the list of variants that broke a promise.
 */
export function survival<W extends World>(open: () => Promise<W>, instanceOf: (kind: OperationClass<AnyOperation>) => KindUnderTest = bareInstance) {
  return function itSurvives<Subject>(
    kind: OperationClass<AnyOperation>, promises: Survival<W, Subject>, { timeoutMs = 300_000 }: SurvivalOptions = {},
  ): void {
    const groups: Record<Group, string> = {
      deaths: 'the death of its process at every commit', repetitions: 'the repetition of every step', failures: 'the failure of every step',
      messages: 'the loss and the doubling of every message', disasters: 'every disaster at every step',
    };
    const instance = instanceOf(kind);
    for (const [group, trouble] of Object.entries(groups) as [Group, string][]) {
      if (group === 'disasters' && promises.disasters === undefined) continue;
      it(`${instance.kind} survives ${trouble}`, async () => {
        const { failures: broken } = await playGroup(group, instance, open, promises);
        if (broken.length > 0) throw brokenPromises(instance.kind, broken);
      }, timeoutMs);
    }
  };
}

/** Kind and steps are fields that need none of the constructor's arguments. */
function bareInstance(kind: OperationClass<AnyOperation>): KindUnderTest {
  const instance = new (kind as unknown as new () => AnyOperation)();
  new Kinds().register(instance);
  return instance;
}

function brokenPromises(kind: string, broken: readonly Failure[]): Error {
  const lines = broken.map(({ variant, error }) => `- ${variant}:\n    ${(error instanceof Error ? error.message : String(error)).replaceAll('\n', '\n    ')}`);
  return new Error(`${kind} does not survive:\n${lines.slice(0, 20).join('\n')}`, { cause: broken[0]?.error });
}
