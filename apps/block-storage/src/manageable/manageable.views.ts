import { referenceTo } from './references.js';
import type { Manageable } from './unmanaged-volumes.repository.js';

export function referenceView({ id, sizeGibibytes, isUnmanaged }: Manageable): { reference: Record<string, string>; size: number; safe_to_manage: boolean } {
  return { reference: referenceTo(id), size: sizeGibibytes, safe_to_manage: isUnmanaged };
}

export function detailView(entry: Manageable): ReturnType<typeof referenceView> & { reason_not_safe: string | null; cinder_id: string | null; extra_info: null } {
  const reason = entry.volumeId !== null ? 'already managed' : 'left over, and about to be removed';
  return { ...referenceView(entry), reason_not_safe: entry.isUnmanaged ? null : reason, cinder_id: entry.volumeId, extra_info: null };
}
