import { alarm, correct, leaveAlone, nothing, type Correction } from '@virga/reconcile';
import type { SeenThing } from './leftovers.repository.js';

export type LeftoverRepair = 'remove' | 'forget';

/** Whether what a backend keeps belongs to somebody who may have it there. Pure. */
export function planLeftover(seen: SeenThing): Correction<LeftoverRepair> {
  const { owner, isThere, isOwed } = seen;
  if (owner?.hasOperation === true) return leaveAlone('an operation is responsible');
  if (isOwed) return leaveAlone('a debt is being paid');
  if (isThere) return planPresent(seen);
  return owner === undefined || owner.isDeleted ? correct('old-observation', 'forget', { isDefect: false }) : nothing();
}

function planPresent({ kind, backend, owner, isUnmanaged }: SeenThing): Correction<LeftoverRepair> {
  if (isUnmanaged) return nothing();
  if (owner === undefined) return alarm(`a backend has a ${kind} that was never made here`);
  if (owner.isDeleted) return correct(`orphan-${kind}`, 'remove');
  return owner.backend === backend ? nothing() : correct(`${kind}-on-other-backend`, 'remove');
}
