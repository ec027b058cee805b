export { ObjectsModule } from './objects.module.js';
export { Objects, type Located, type StageOptions, type VersionQuery } from './objects.js';
export {
  BodyIncomplete, ObjectIsNewer, ObjectNotFound, ObjectTooLarge, PreconditionFailed,
  type CopiedPut, type ObjectChange, type ObjectId, type ObjectSettings, type PartBytes, type Precondition, type Put, type PutAnswer,
  type RemoveAnswer, type Staged, type StagedBlob, type StoredObject,
} from './object.js';
