import { Outdated, type ExportRequest } from '@virga/ports';
import type { ExportRecord, VolumeRecord } from './catalog.js';
import { refused } from './failures.js';

/** The export as it is to be recorded; throws where it is old news, of another shape, or not alone with its volume. */
export function requireExportable(volume: Pick<VolumeRecord, 'id' | 'exports'>, request: ExportRequest, exportedVolumeId: string | undefined): ExportRecord {
  const { attachmentId, generation, host, isReadOnly, isShared } = request;
  if (exportedVolumeId !== undefined && exportedVolumeId !== volume.id) throw refused('the attachment is of another volume');
  if (host === '') throw refused('the export names no host');
  const known = volume.exports.find((other) => other.attachmentId === attachmentId);
  if (known && known.generation > generation) throw new Outdated('attachment', attachmentId);
  if (known && (known.host !== host || known.isReadOnly !== isReadOnly)) throw refused('the attachment is exported to another host or in another mode: end it first');
  const others = volume.exports.filter((other) => other.attachmentId !== attachmentId);
  if (others.some((other) => !(other.isShared && isShared))) throw refused(`volume ${volume.id} is exported to somebody else`);
  return { attachmentId, generation, host, isReadOnly, isShared };
}

/** `Refused` where somebody has the volume. */
export function requireFree(volume: Pick<VolumeRecord, 'id' | 'exports'>): void {
  if (volume.exports.length > 0) throw refused(`volume ${volume.id} is exported`);
}
