import { call, message, Nullable, T, type Static } from '@virga/contract';
import { seconds } from '@virga/kernel';
import { ExportAddressFact } from './agent-messages.js';

const Id = T.String({ minLength: 1, maxLength: 64 });

/** A volume as compute needs to know it. */
export const VolumeFact = T.Object({
  id: Id, projectId: Id, name: T.String(), sizeGibibytes: T.Integer(),
  /** As the API shows it: `available`, `in-use`, `error`, … */
  status: T.String(),
  /** Only grows: a fact is applied only if newer. */
  revision: T.Integer(),
  isBootable: T.Boolean(), isMultiattach: T.Boolean(), isEncrypted: T.Boolean(), isReadOnly: T.Boolean(),
  availabilityZone: T.String(),
  /** The type's name; null before it is known. */
  volumeType: Nullable(T.String()),
  /** What image the volume was made from says of it (`volume_image_metadata`): `image_id`, `min_ram`, `hw_*`, … */
  imageMetadata: T.Record(T.String(), T.String()),
  /** Why it is in error, for its owner. */
  fault: Nullable(T.Object({ code: T.String(), message: T.String() })),
});
export type VolumeFact = Static<typeof VolumeFact>;

/** Per second; absent is unlimited. The part of the type's QoS specs that the guest's disk is limited by. */
export const VolumeLimits = T.Object({
  totalBytes: T.Optional(T.Number()), readBytes: T.Optional(T.Number()), writeBytes: T.Optional(T.Number()),
  totalRequests: T.Optional(T.Number()), readRequests: T.Optional(T.Number()), writeRequests: T.Optional(T.Number()),
});
export type VolumeLimits = Static<typeof VolumeLimits>;

/** An attachment of a server, as block storage holds it: the one truth, fenced by its generation. */
export const AttachmentFact = T.Object({
  id: Id, volumeId: Id, serverId: Nullable(Id),
  /** Raised whenever the attachment is told anew where to lead; only grows. */
  generation: T.Integer(),
  /** `reserved`: nobody can reach the volume; `connecting`: asked of the storage host; `attaching`: reachable; `attached`: completed; `detaching`: being taken away. */
  state: T.Enum(['reserved', 'connecting', 'attaching', 'attached', 'detaching', 'error']),
  host: Nullable(T.String()),
  isReadOnly: T.Boolean(), isShared: T.Boolean(),
  /** Present from `attaching` on. */
  address: Nullable(ExportAddressFact),
  limits: VolumeLimits,
  fault: Nullable(T.Object({ code: T.String(), message: T.String() })),
});
export type AttachmentFact = Static<typeof AttachmentFact>;

const Asker = { projectId: Id, isAdmin: T.Boolean() };

/** Volumes as they are now. Faults: `NotFound` naming the first that the project may not see. */
export const describeVolumes = call({
  type: 'block-storage.volumes.describe', version: 1,
  request: T.Object({ ...Asker, volumeIds: T.Array(Id, { maxItems: 100 }) }),
  reply: T.Object({ volumes: T.Array(VolumeFact) }),
  deadline: seconds(5),
});

/** A snapshot as compute needs to know it before it boots from it. */
export const describeSnapshot = call({
  type: 'block-storage.snapshots.describe', version: 1,
  request: T.Object({ ...Asker, snapshotId: Id }),
  reply: T.Object({
    id: Id, volumeId: Id, sizeGibibytes: T.Integer(), status: T.String(), isBootable: T.Boolean(), imageMetadata: T.Record(T.String(), T.String()),
  }),
  deadline: seconds(5),
});

/**
 * A volume for a server's block device exists or is being made, charged to the project. Repeatable: the asker chooses the id.
 * Faults: `NotFound`, `Invalid`, `OverLimit`. Its progress comes as `volumeChanged`.
 */
export const ensureVolumeFor = call({
  type: 'block-storage.volumes.ensure', version: 1,
  request: T.Object({
    ...Asker, volumeId: Id, userId: Id, name: T.String(), sizeGibibytes: T.Integer({ minimum: 1 }), volumeType: Nullable(T.String()),
    availabilityZone: Nullable(T.String()),
    source: T.Union([
      T.Object({ kind: T.Enum(['blank']) }), T.Object({ kind: T.Enum(['image']), imageId: Id }),
      T.Object({ kind: T.Enum(['snapshot']), snapshotId: Id }), T.Object({ kind: T.Enum(['volume']), volumeId: Id }),
    ]),
  }),
  reply: VolumeFact,
});

/** The volumes (of `delete_on_termination`) are being deleted; those that are gone already are no fault. Repeatable. */
export const releaseVolumes = call({
  type: 'block-storage.volumes.release', version: 1,
  request: T.Object({ volumeIds: T.Array(Id, { maxItems: 100 }) }),
  reply: T.Object({}),
});

/** The volume is reserved for the server: nobody else gets it. The asker chooses the attachment's id. Faults: `NotFound`, `Conflict` (not available, or not multiattach), `Invalid`. */
export const reserveAttachment = call({
  type: 'block-storage.attachments.reserve', version: 1,
  request: T.Object({ ...Asker, attachmentId: Id, volumeId: Id, serverId: Id, userId: Id }),
  reply: AttachmentFact,
});

/** The attachments (each reserved before) lead to this host: answered at once, with addresses where they are there already; else `attachmentChanged` tells. Repeatable. */
export const connectAttachments = call({
  type: 'block-storage.attachments.connect', version: 1,
  request: T.Object({ host: Id, attachments: T.Array(T.Object({ id: Id, device: T.String() }), { maxItems: 100 }) }),
  reply: T.Object({ attachments: T.Array(AttachmentFact) }),
});

/** The guest has the disks. Repeatable. */
export const completeAttachments = call({
  type: 'block-storage.attachments.complete', version: 1,
  request: T.Object({ attachmentIds: T.Array(Id, { maxItems: 100 }) }),
  reply: T.Object({ attachments: T.Array(AttachmentFact) }),
});

/** The volume is being detached by its server (status `detaching`), or, with `isUndone`, after all stays attached (`in-use`). Repeatable. */
export const beginDetach = call({
  type: 'block-storage.attachments.begin-detach', version: 1,
  request: T.Object({ attachmentId: Id, isUndone: T.Boolean() }),
  reply: AttachmentFact,
});

/**
 * The attachments go: their exports are taken away, which is the proof that no host reaches the volume through them any more, and then their rows.
 * Answers what is still there; `attachmentChanged` tells when one is gone. Those that are gone already are no fault. Repeatable.
 */
export const releaseAttachments = call({
  type: 'block-storage.attachments.release', version: 1,
  request: T.Object({ attachmentIds: T.Array(Id, { maxItems: 100 }) }),
  reply: T.Object({ attachments: T.Array(AttachmentFact) }),
});

/**
 * An image is written over the volume of an attachment whose guest is gone: its export is taken away first, and the attachment keeps the volume for its server; it is
 * connected again afterwards. Asked with the same key it answers how far that is; `volumeChanged` and `attachmentChanged` tell when to ask. Faults:
 * `NotFound`, `Invalid` (the image does not fit), `Conflict`.
 */
export const reimageAttachedVolume = call({
  type: 'block-storage.volumes.reimage', version: 1,
  request: T.Object({ attachmentId: Id, imageId: Id, isAdmin: T.Boolean(), key: Id }),
  reply: T.Object({ state: T.Enum(['withdrawing', 'writing', 'done', 'failed']) }),
});

/** Which servers have attachments, page by page by server id: compute's reconciler releases those of servers that are gone. */
export const listAttachedServers = call({
  type: 'block-storage.attachments.list-servers', version: 1,
  request: T.Object({ afterServerId: Nullable(Id), limit: T.Integer({ minimum: 1, maximum: 1000 }) }),
  reply: T.Object({ servers: T.Array(T.Object({ serverId: Id, attachmentIds: T.Array(Id) })) }),
});

/** Snapshots of several volumes of one server at one point in time; the asker chooses the ids. Repeatable; progress comes as `snapshotChanged`. */
export const ensureSnapshotsTogether = call({
  type: 'block-storage.snapshots.ensure', version: 1,
  request: T.Object({
    ...Asker, userId: Id,
    snapshots: T.Array(T.Object({ id: Id, volumeId: Id, name: T.String() }), { minItems: 1, maxItems: 100 }),
  }),
  reply: T.Object({ snapshots: T.Array(T.Object({ id: Id, status: T.String(), sizeGibibytes: T.Integer() })) }),
});

/** Event: a volume changed (status, size, image metadata, name); `volume` null where it is gone. */
export const volumeChanged = message({
  type: 'block-storage.volume.changed', version: 1, body: T.Object({ volumeId: Id, revision: T.Integer(), volume: Nullable(VolumeFact) }),
});

/** Event: an attachment that belongs to a server changed; `attachment` null where it is gone. */
export const attachmentChanged = message({
  type: 'block-storage.attachment.changed', version: 1,
  body: T.Object({ attachmentId: Id, volumeId: Id, serverId: Nullable(Id), generation: T.Integer(), attachment: Nullable(AttachmentFact) }),
});

/** Event: the volume of this attachment has grown on its storage host; the guest is to be told. */
export const attachedVolumeGrew = message({
  type: 'block-storage.attachment.grew', version: 1,
  body: T.Object({
    attachmentId: Id, volumeId: Id, serverId: Id, sizeBytes: T.Number(),
    /** Who let it grow, for the server's history. */
    userId: Nullable(Id),
  }),
});

export const snapshotChanged = message({
  type: 'block-storage.snapshot.changed', version: 1, body: T.Object({ snapshotId: Id, volumeId: Id, status: Nullable(T.String()) }),
});
