import { call, Nullable, T, type Static } from '@virga/contract';
import { seconds } from '@virga/kernel';

const Id = T.String({ minLength: 1, maxLength: 64 });

/** What compute must know of an image to boot from it. */
export const BootImage = T.Object({
  id: Id,
  name: Nullable(T.String()),
  /** Only `active` images boot. */
  status: T.String(),
  ownerId: Nullable(T.String()),
  sizeBytes: Nullable(T.Number()),
  /** What the guest sees; null where the bytes were not inspected yet. */
  virtualSizeBytes: Nullable(T.Number()),
  sha512: Nullable(T.String()),
  diskFormat: Nullable(T.String()),
  minDiskGibibytes: T.Integer(),
  minRamMebibytes: T.Integer(),
  properties: T.Record(T.String(), T.String()),
});
export type BootImage = Static<typeof BootImage>;

/** Faults: `NotFound` where there is no such image or the project may not see it. */
export const describeImage = call({
  type: 'image.describe', version: 1,
  request: T.Object({ imageId: Id, projectId: Id, isAdmin: T.Boolean() }),
  reply: BootImage,
  deadline: seconds(5),
});

/**
 * An image without bytes exists for the project, charged to it: block storage or compute has its bytes uploaded with a ticket. Repeatable:
 * the asker, who has asked its own policy, chooses the id. Faults: `Invalid`, `OverLimit`, `Conflict` where the id is taken by another's image.
 */
export const prepareImage = call({
  type: 'image.prepare', version: 1,
  request: T.Object({
    imageId: Id, projectId: Id, name: T.String({ maxLength: 255 }), diskFormat: T.String(), containerFormat: T.String(),
    visibility: T.Enum(['public', 'private', 'shared', 'community']), isProtected: T.Boolean(),
    minDiskGibibytes: T.Integer(), minRamMebibytes: T.Integer(), properties: T.Record(T.String(), T.String()),
  }),
  reply: BootImage,
});

/** The image is gone, unless its bytes have come: what was prepared is not needed after all. Repeatable. */
export const abandonImage = call({ type: 'image.abandon', version: 1, request: T.Object({ imageId: Id, projectId: Id }), reply: T.Object({}) });
