import type { Product } from './schedule.js';

/** How something that a schedule has made is now. `leaving`: it is being removed already. */
export interface ProductState {
  state: 'pending' | 'ready' | 'failed' | 'leaving';
  message: string | null;
  /** Somebody needs it: a volume is being made from it, a backup builds on it. */
  isNeeded: boolean;
}

export interface StandingProduct extends Product, ProductState {}

/**
 * What of a schedule's products is to be removed now, the oldest first: of each volume all good ones but the newest `keep`, and those that
 * never became good. What is being made, removed or needed stays for now; pure.
 */
export function expiredOf(products: readonly StandingProduct[], keep: number): StandingProduct[] {
  const byVolume = Map.groupBy([...products].sort(newestFirst), ({ volumeId }) => volumeId);
  const expired = [...byVolume.values()].flatMap((ofVolume) => [
    ...ofVolume.filter(isGood).slice(keep), ...ofVolume.filter((product) => !isGood(product) && product.state === 'failed'),
  ]);
  return expired.filter(({ state, isNeeded }) => !isNeeded && (state === 'ready' || state === 'failed')).sort(newestFirst).reverse();
}

function isGood({ isComplete, state }: StandingProduct): boolean {
  return isComplete || state === 'ready';
}

function newestFirst(one: Product, other: Product): number {
  return other.createdAt.getTime() - one.createdAt.getTime() || (one.id < other.id ? 1 : -1);
}

/**
 * Whether the next backup of a volume may build on the ones before it; pure.
 *
 * A backup can only go when no later one builds on it, so a chain goes as a whole: one that is as long as what is kept is not made longer.
 * Between `keep` and twice as many are stored.
 */
export function mayBuildOnLast(products: readonly StandingProduct[], keep: number): boolean {
  const good = products.filter(({ state }) => state === 'ready').sort(newestFirst);
  const full = good.findIndex(({ isIncremental }) => !isIncremental);
  return full !== -1 && full + 1 < keep;
}
