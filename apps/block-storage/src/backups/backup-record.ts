import { schemaAt, T, validatorFor, type Static } from '@virga/contract';
import { Invalid, isUuid } from '@virga/kernel';
import { BACKUP_PREFIX } from './backup-places.js';
import type { Backup } from './backup.js';

const Link = T.Object({
  id: T.String(), volumeId: T.String(), name: T.Union([T.String(), T.Null()]), description: T.Union([T.String(), T.Null()]),
  sizeGibibytes: T.Integer({ minimum: 1 }), place: T.Enum(['objects', 'directory']),
  /** Whose account the objects are in. */
  projectId: T.String(), container: T.Union([T.String(), T.Null()]),
  prefix: T.String({ pattern: BACKUP_PREFIX }), objectCount: T.Integer(), storedBytes: T.Number(), isBootable: T.Boolean(),
  imageMetadata: T.Union([T.Record(T.String(), T.String()), T.Null()]),
  /** Absent in records from before it was kept. */
  volumeMetadata: T.Optional(T.Union([T.Record(T.String(), T.String()), T.Null()])), metadata: T.Record(T.String(), T.String()), dataAt: T.String(),
});
/** `id` is the backup's own, which comes last in the chain: as in Cinder's records, whoever changes it imports the same bytes as another backup. */
const Document = T.Object({ version: T.Literal(1), id: T.String(), chain: T.Array(Link, { minItems: 1, maxItems: 1000 }) });

/** What a record says of one backup. */
export type RecordedBackup = Static<typeof Link>;

const violations = validatorFor(schemaAt(Document, 0), 'body');

/** Drivers of backups are named so in Cinder's records, and clients look for it. */
export const BACKUP_SERVICE = 'cinder.backup.drivers.virga';

class RecordWrong extends Invalid {
  constructor() {
    super('block-storage.backup.record', 'Invalid input received: this is not the record of a backup.');
  }
}

/** A backup and its parents as a text that this or another cloud can import: JSON in Base64, as Cinder has it. */
export function recordOf(chain: readonly Backup[]): string {
  const links = chain.map((backup): RecordedBackup => ({
    id: backup.id, volumeId: backup.volumeId, name: backup.name, description: backup.description, sizeGibibytes: backup.sizeGibibytes, place: backup.place,
    projectId: backup.accountProjectId, container: backup.container, prefix: backup.prefix, objectCount: backup.objectCount, storedBytes: backup.storedBytes,
    isBootable: backup.isBootable, imageMetadata: backup.imageMetadata, volumeMetadata: backup.volumeMetadata, metadata: backup.metadata, dataAt: backup.dataAt.toISOString(),
  }));
  return Buffer.from(JSON.stringify({ version: 1, id: links.at(-1)?.id, chain: links })).toString('base64');
}

/** What `recordOf` wrote; throws `Invalid` where it is not that. */
export function readRecord(service: string, text: string): RecordedBackup[] {
  if (service !== BACKUP_SERVICE) throw new RecordWrong();
  const value = parsed(text);
  if (violations(value).length > 0) throw new RecordWrong();
  const document = value as Static<typeof Document>;
  if (!isUuid(document.id) || !document.chain.every(({ id, volumeId, dataAt }) => isUuid(id) && isUuid(volumeId) && !Number.isNaN(Date.parse(dataAt)))) throw new RecordWrong();
  return document.chain.map((link, index) => (index === document.chain.length - 1 ? { ...link, id: document.id } : link));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    throw new RecordWrong();
  }
}
