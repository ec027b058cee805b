import { schemaAt, T, validatorFor, type Static } from '@virga/contract';
import { Refused, type Extent } from '@virga/ports';

export const MANIFEST = 'manifest.json';
export const FORMAT = 'virga-backup/1';
/** At most so much of the volume goes into one object: small enough to be sent again, large enough that there are few. */
export const CHUNK_BYTES = 32 * 2 ** 20;
/** What compression and encryption may add to a chunk that has nothing to compress. */
export const MOST_STORED_BYTES = CHUNK_BYTES + 2 ** 20;
/** 32 TiB in chunks, each with some hundred pieces. */
export const MOST_MANIFEST_BYTES = 2 ** 28;

const Hex = T.String({ pattern: '^[0-9a-f]*$' });
/** Offset and length in the volume, in bytes. */
const Piece = T.Tuple([T.Integer({ minimum: 0 }), T.Integer({ minimum: 1 })]);
export type Piece = [offset: number, length: number];

/** One object: the volume's pieces one after the other, compressed, and encrypted where the volume is. */
export const Chunk = T.Object({
  object: T.String({ pattern: '^[0-9]{8}$' }), pieces: T.Array(Piece), storedBytes: T.Integer({ minimum: 0 }),
  /** Of the object's bytes as they are stored. */
  sha256: Hex,
  /** AES-256-GCM; absent where the volume is not encrypted. */
  nonce: T.Optional(Hex), tag: T.Optional(Hex),
});
export type Chunk = Static<typeof Chunk>;

/** What a backup consists of. It is written twice: with the number of objects before the first of them, and complete after the last. */
export const Manifest = T.Object({
  format: T.Enum([FORMAT]), isComplete: T.Boolean(), snapshotId: T.String(),
  /** The snapshot that it differs from; null for a full backup, where all that is in no piece is zero. */
  since: T.Union([T.String(), T.Null()]),
  sizeBytes: T.Integer({ minimum: 0 }), compression: T.Enum(['zstd']),
  encryption: T.Union([T.Null(), T.Object({ keyId: T.String(), cipher: T.Enum(['aes-256-gcm']), salt: Hex })]),
  /** Of objects, `00000000` and so on. */
  objects: T.Integer({ minimum: 0, maximum: 99_999_999 }),
  chunks: T.Array(Chunk), zeros: T.Array(Piece),
});
export type Manifest = Static<typeof Manifest>;

const validator = validatorFor(schemaAt(Manifest, 0), 'body');

export const objectName = (index: number): string => String(index).padStart(8, '0');

/** `Refused` where it is no manifest of ours. */
export function parseManifest(bytes: Buffer): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Refused('backup', 'the manifest is not JSON: the backup is damaged', { cause });
  }
  const [violation] = validator(value);
  if (violation !== undefined) throw new Refused('backup', `the manifest is not of this format (${violation.path.join('.')} ${violation.problem})`);
  return value as Manifest;
}

/** What is to be stored: data in groups of one chunk each, and what has become zero. Pure. */
export interface BackupPlan {
  sizeBytes: number;
  groups: Piece[][];
  zeros: Piece[];
}

/** Cuts what a snapshot holds, or what has changed in it, at the borders of chunks. */
export function planBackup(extents: readonly Extent[], { isFull, sizeBytes, chunkBytes }: { isFull: boolean; sizeBytes: number; chunkBytes: number }): BackupPlan {
  const groups = new Map<number, Piece[]>();
  const zeros: Piece[] = [];
  for (const { offset, length, kind } of extents) {
    if (kind === 'zero') {
      if (!isFull) zeros.push([offset, length]);
      continue;
    }
    for (let at = offset; at < offset + length;) {
      const index = Math.floor(at / chunkBytes);
      const end = Math.min(offset + length, (index + 1) * chunkBytes);
      groups.set(index, [...groups.get(index) ?? [], [at, end - at]]);
      at = end;
    }
  }
  return { sizeBytes, groups: [...groups.entries()].sort(([one], [other]) => one - other).map(([, pieces]) => pieces), zeros };
}
