import { gunzipSync, gzipSync } from 'node:zlib';
import { schemaAt, T, validatorFor, type Static } from '@virga/contract';
import { Invalid, isUuid } from '@virga/kernel';
import type { Backup } from './backup.js';

const Link = T.Object({
  id: T.String(), volumeId: T.String(), name: T.Union([T.String(), T.Null()]), description: T.Union([T.String(), T.Null()]),
  sizeGibibytes: T.Integer({ minimum: 1 }), place: T.Enum(['objects', 'directory']), projectId: T.String(), container: T.Union([T.String(), T.Null()]),
  prefix: T.String(), objectCount: T.Integer(), storedBytes: T.Number(), isBootable: T.Boolean(),
  imageMetadata: T.Union([T.Record(T.String(), T.String()), T.Null()]),
  /** Absent in records from before it was kept. */
  volumeMetadata: T.Optional(T.Union([T.Record(T.String(), T.String()), T.Null()])), metadata: T.Record(T.String(), T.String()), dataAt: T.String(),
});
const Document = T.Object({ version: T.Literal(1), chain: T.Array(Link, { minItems: 1, maxItems: 1000 }) });

/** What a record says of one backup. */
export type RecordedBackup = Static<typeof Link>;

const violations = validatorFor(schemaAt(Document, 0), 'body');

export const BACKUP_SERVICE = 'virga';

class RecordWrong extends Invalid {
  constructor() {
    super('block-storage.backup.record', 'Invalid input received: this is not the record of a backup.');
  }
}

/** A backup and its parents as a text that this or another cloud can import. */
export function recordOf(chain: readonly Backup[]): string {
  const links = chain.map((backup): RecordedBackup => ({
    id: backup.id, volumeId: backup.volumeId, name: backup.name, description: backup.description, sizeGibibytes: backup.sizeGibibytes, place: backup.place,
    projectId: backup.projectId, container: backup.container, prefix: backup.prefix, objectCount: backup.objectCount, storedBytes: backup.storedBytes,
    isBootable: backup.isBootable, imageMetadata: backup.imageMetadata, volumeMetadata: backup.volumeMetadata, metadata: backup.metadata, dataAt: backup.dataAt.toISOString(),
  }));
  return gzipSync(JSON.stringify({ version: 1, chain: links })).toString('base64');
}

/** What `recordOf` wrote; throws `Invalid` where it is not that. */
export function readRecord(service: string, text: string): RecordedBackup[] {
  if (service !== BACKUP_SERVICE) throw new RecordWrong();
  const value = parsed(text);
  if (violations(value).length > 0) throw new RecordWrong();
  const document = value as Static<typeof Document>;
  if (!document.chain.every(({ id, volumeId, dataAt }) => isUuid(id) && isUuid(volumeId) && !Number.isNaN(Date.parse(dataAt)))) throw new RecordWrong();
  return document.chain;
}

/** Too high: a small text unpacks to more than memory takes. A chain of a thousand backups fits. */
const MOST_BYTES = 2 ** 21;

function parsed(text: string): unknown {
  try {
    return JSON.parse(gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MOST_BYTES }).toString());
  } catch {
    throw new RecordWrong();
  }
}
