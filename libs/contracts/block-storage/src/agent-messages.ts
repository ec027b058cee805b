import { message, Nullable, T, type Static } from '@virga/contract';

const Id = T.String({ minLength: 1, maxLength: 64 });
const Generation = T.Integer({ minimum: 0 });
/** Names one backend of a storage host, for example `file`. */
const Backend = T.String({ minLength: 1, maxLength: 255 });
/** Names the passphrase of an encrypted volume; the agent asks block storage for it in its own name. No message carries one. */
const KeyId = Nullable(Id);

/** What a volume starts as: the wire form of the volume backend's `VolumeSource`. */
export const VolumeSourceCommand = T.Union([
  T.Object({ kind: T.Enum(['empty']) }),
  T.Object({ kind: T.Enum(['snapshot']), snapshotId: Id }),
  T.Object({ kind: T.Enum(['volume']), volumeId: Id }),
  T.Object({
    kind: T.Enum(['image']), imageId: Id, format: T.Enum(['qcow2', 'raw']), sizeBytes: T.Number(),
    /** Opens the image's bytes at the image service (header `x-virga-image-ticket`). */
    ticket: T.String(),
  }),
]);
export type VolumeSourceCommand = Static<typeof VolumeSourceCommand>;

/** The volume exists. Answered by `volumeReport`, or by `storageCommandFailed`. */
export const ensureVolume = message({
  type: 'block-storage.agent.ensure-volume', version: 1,
  body: T.Object({ backend: Backend, id: Id, generation: Generation, sizeBytes: T.Number(), source: VolumeSourceCommand, keyId: KeyId }),
});

/** The volume is at least so large. Answered by `volumeReport`. */
export const ensureVolumeSize = message({
  type: 'block-storage.agent.ensure-volume-size', version: 1,
  body: T.Object({ backend: Backend, id: Id, generation: Generation, sizeBytes: T.Number(), keyId: KeyId }),
});

/** Nothing of the volume is left; its snapshots and clones stay. Answered by `volumeReport` with `sizeBytes` null. */
export const ensureNoVolume = message({
  type: 'block-storage.agent.ensure-no-volume', version: 1, body: T.Object({ backend: Backend, id: Id, generation: Generation }),
});

/** All of these snapshots exist, taken at one point in time. Answered by a `snapshotReport` for each. */
export const ensureSnapshots = message({
  type: 'block-storage.agent.ensure-snapshots', version: 1,
  body: T.Object({
    backend: Backend, snapshots: T.Array(T.Object({ id: Id, generation: Generation, volumeId: Id, keyId: KeyId }), { minItems: 1, maxItems: 100 }),
  }),
});

/** Answered by `snapshotReport` with `sizeBytes` null. */
export const ensureNoSnapshot = message({
  type: 'block-storage.agent.ensure-no-snapshot', version: 1, body: T.Object({ backend: Backend, id: Id, generation: Generation }),
});

/** The volume holds what it held at the snapshot. Answered by `volumeReport`. */
export const ensureReverted = message({
  type: 'block-storage.agent.ensure-reverted', version: 1,
  body: T.Object({ backend: Backend, id: Id, generation: Generation, snapshotId: Id, keyId: KeyId }),
});

/** The host, and nobody else, can open the volume. `generation` is the attachment's. Answered by `exportReport`. */
export const ensureExport = message({
  type: 'block-storage.agent.ensure-export', version: 1,
  body: T.Object({
    backend: Backend, attachmentId: Id, generation: Generation, volumeId: Id, host: T.String(),
    isReadOnly: T.Boolean(), isShared: T.Boolean(), keyId: KeyId,
  }),
});

/** The host can reach the volume no more: the proof of fencing. Answered by `exportReport` with `address` null. */
export const ensureNoExport = message({
  type: 'block-storage.agent.ensure-no-export', version: 1, body: T.Object({ backend: Backend, attachmentId: Id, generation: Generation }),
});

/** Where a compute host finds an export: the wire form of `ExportAddress`. */
export const ExportAddressFact = T.Union([
  T.Object({ kind: T.Enum(['nbd-unix']), socketPath: T.String(), exportName: T.String() }),
  T.Object({ kind: T.Enum(['nbd-tls']), address: T.String(), port: T.Integer(), exportName: T.String() }),
  T.Object({
    kind: T.Enum(['rbd']), monitors: T.Array(T.Object({ address: T.String(), port: T.Integer() })), pool: T.String(), image: T.String(), user: T.String(),
    isEncrypted: T.Boolean(),
    /** The user's key and the volume's passphrase, which only the host that it is for can open. */
    sealed: T.String(),
  }),
]);
export type ExportAddressFact = Static<typeof ExportAddressFact>;

/**
 * Long work on a volume or snapshot whose bytes come or go over HTTP. `taskId` is the backup's, or the image's, or the migration's id; each
 * command starts it, or goes on, or says again how it ended; a newer generation of the same task ends an older one. Answered by `taskReport`, now
 * and then while it runs and at its end, or by `storageCommandFailed` (not final) where it broke off and is to be sent again: it goes on where it was.
 */
const Task = { backend: Backend, taskId: Id, generation: Generation };

/** The bytes of a volume nobody has attached become the image's data. `ticket` lets the agent write this image's data, and nothing else. */
export const uploadVolume = message({
  type: 'block-storage.agent.upload-volume', version: 1,
  body: T.Object({ ...Task, volumeId: Id, keyId: KeyId, imageId: Id, diskFormat: T.Enum(['raw', 'qcow2']), ticket: T.String() }),
});

/** Where a backup's objects are: a container whose URLs are signed for this prefix, or a directory of the storage host. */
export const BackupPlace = T.Union([
  T.Object({
    kind: T.Enum(['objects']),
    /** `https://…/v1/AUTH_…/container`, without a slash at its end. */
    containerUrl: T.String(),
    /** All of the backup's objects begin with this. */
    prefix: T.String(),
    /** The query string of a temporary URL for this prefix: methods, expiry and signature. */
    pass: T.String(),
  }),
  T.Object({ kind: T.Enum(['directory']), prefix: T.String() }),
]);
export type BackupPlace = Static<typeof BackupPlace>;

/** The snapshot's bytes, or what differs from `since`, are in the backup's place. `parent` is the backup that holds the rest. */
export const writeBackup = message({
  type: 'block-storage.agent.write-backup', version: 1,
  body: T.Object({
    ...Task, snapshotId: Id, keyId: KeyId, since: Nullable(Id), place: BackupPlace, parent: Nullable(T.Object({ backupId: Id, place: BackupPlace })),
  }),
});

/** The volume, which nobody has attached, holds what the backup holds; `volumeGeneration` is a new one of the volume's. `chain` is the backup and its parents, the full one first. */
export const restoreBackup = message({
  type: 'block-storage.agent.restore-backup', version: 1,
  body: T.Object({ ...Task, volumeId: Id, volumeGeneration: Generation, keyId: KeyId, chain: T.Array(T.Object({ backupId: Id, place: BackupPlace })) }),
});

/** Nothing of the backup is left in its place. */
export const removeBackup = message({ type: 'block-storage.agent.remove-backup', version: 1, body: T.Object({ ...Task, place: BackupPlace }) });

/**
 * The volume's bytes as another backend of this or another host exports them (read only, to this host) become this volume's, which is new and
 * empty; `volumeGeneration` is a new one of this volume's.
 */
export const copyVolume = message({
  type: 'block-storage.agent.copy-volume', version: 1,
  body: T.Object({ ...Task, volumeId: Id, volumeGeneration: Generation, keyId: KeyId, source: ExportAddressFact }),
});

/** How a task stands; `state` done or failed is its end. Sizes are bytes of backup objects or image data. */
export const taskReport = message({
  type: 'block-storage.agent.task-report', version: 1,
  body: T.Object({
    taskId: Id, generation: Generation, state: T.Enum(['running', 'done', 'failed']), percent: T.Integer({ minimum: 0, maximum: 100 }),
    sizeBytes: Nullable(T.Number()), objects: Nullable(T.Integer()),
    code: Nullable(T.String()), message: Nullable(T.String()),
  }),
});

const VolumeState = { id: Id, generation: Generation, sizeBytes: Nullable(T.Number()) };
const SnapshotFact = { id: Id, generation: Generation, volumeId: Nullable(Id), sizeBytes: Nullable(T.Number()) };
const ExportFact = { attachmentId: Id, generation: Generation, volumeId: Nullable(Id), address: Nullable(ExportAddressFact), isServed: T.Boolean() };

/** Size null: the backend has no such volume. Reports carry a sequence number from the bus: older ones are not applied. */
export const volumeReport = message({ type: 'block-storage.agent.volume-report', version: 1, body: T.Object({ backend: Backend, ...VolumeState }) });
export const snapshotReport = message({ type: 'block-storage.agent.snapshot-report', version: 1, body: T.Object({ backend: Backend, ...SnapshotFact }) });
/** Address null: no host can reach the volume through this attachment. */
export const exportReport = message({ type: 'block-storage.agent.export-report', version: 1, body: T.Object({ backend: Backend, ...ExportFact }) });

/** A command that the backend could not carry out; `isFinal` where trying again cannot help. `id` is the volume's, snapshot's, attachment's or task's. */
export const storageCommandFailed = message({
  type: 'block-storage.agent.command-failed', version: 1,
  body: T.Object({ backend: Backend, id: Id, generation: Generation, command: T.String(), code: T.String(), message: T.String(), isFinal: T.Boolean() }),
});

/** Sent at start and then regularly: the storage host lives, and its backends hold exactly this. */
export const storageReport = message({
  type: 'block-storage.agent.storage-report', version: 1,
  body: T.Object({
    availabilityZone: T.String(), agentVersion: T.String(),
    backends: T.Array(T.Object({
      name: Backend,
      /** The driver's name: `file`, `rbd`. */
      kind: T.String(),
      /** Where it is false nothing is known of what the backend holds: all lists are empty, and nothing has vanished. */
      isAvailable: T.Boolean(),
      totalBytes: T.Number(), freeBytes: T.Number(), provisionedBytes: T.Number(),
      /** What its operator lets be promised of it. */
      reservedPercentage: T.Integer(), maxOverSubscriptionRatio: T.Number(),
      capabilities: T.Object({
        isThin: T.Boolean(), isEncrypting: T.Boolean(), growsAttached: T.Boolean(), snapshotsTogether: T.Boolean(), isMultiattach: T.Boolean(),
      }),
      volumes: T.Array(T.Object(VolumeState)), snapshots: T.Array(T.Object(SnapshotFact)), exports: T.Array(T.Object(ExportFact)),
    })),
  }),
});
