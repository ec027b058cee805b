import { alarm, correct, leaveAlone, nothing, type Correction } from '@virga/reconcile';
import type { SeenThing } from './leftovers.repository.js';

export type LeftoverRepair = 'remove' | 'forget';

/** Whether what a backend keeps belongs to somebody who may have it there. Pure. */
export function planLeftover({ kind, backend, isThere, owner, isUnmanaged, isOwed }: SeenThing): Correction<LeftoverRepair> {
  if (owner?.hasOperation === true) return leaveAlone('an operation is responsible');
  if (isOwed) return leaveAlone('a debt is being paid');
  if (!isThere) return owner === undefined || owner.isDeleted ? correct('old-observation', 'forget', { isDefect: false }) : nothing();
  if (isUnmanaged) return nothing();
  if (owner === undefined) return alarm(`a backend has a ${kind} that was never made here`);
  if (owner.isDeleted) return correct(`orphan-${kind}`, 'remove');
  return owner.backend === backend ? nothing() : correct(`${kind}-on-other-backend`, 'remove');
}
