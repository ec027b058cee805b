export { ComposedSources, ObjectBroken, type ComposedSource, type MayRead } from './composed-sources.js';
export { ObjectHeld, isHeld, type Retention, type RetentionMode } from './hold.js';
export { ObjectsModule } from './objects.module.js';
export { Expirer } from './expirer.js';
export { Objects, type Located, type VersionQuery } from './objects.js';
export {
  ObjectIsNewer, ObjectNotFound, PreconditionFailed,
  type CopiedPut, type ObjectChange, type ObjectId, type ObjectSettings, type PartBytes, type Precondition, type Put, type PutAnswer,
  type RemoveAnswer, type StoredObject,
} from './object.js';
export { BodyIncomplete, BodyTooLarge, BlobUnreadable, type StageOptions, type Staged } from '../blobs/index.js';
