import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Bug } from '@virga/kernel';
import type { ByteRange } from '@virga/ports';
import type { Container } from '../containers/index.js';
import type { ListQuery, Subdir } from '../listing/index.js';
import type {
  CopiedPut, ObjectChange, PartBytes, Precondition, Put, PutAnswer, RemoveAnswer, Staged, StoredObject,
} from './object.js';

export interface StageOptions {
  /** Beyond it: `ObjectTooLarge`. */
  maxBytes: number;
  /** As the client announced it; a body of another length is `BodyIncomplete`. */
  contentLength?: number;
  signal: AbortSignal;
}

export interface Located {
  container: Container | undefined;
  /** The current object or the asked version; a delete marker too; never an expired one. */
  object: StoredObject | undefined;
}

export interface VersionQuery {
  prefix?: string;
  delimiter?: string;
  /** Only names after it, and, with `versionMarker`, older versions of it. */
  keyMarker?: string;
  versionMarker?: bigint;
  limit: number;
}

/** Objects and their versions: the model that both APIs work on. */
@Injectable()
export class Objects {
  /** The container and what is in it under that name, in one statement: the read path. */
  locate(_account: string, _container: string, _name: string, _version?: bigint | 'null'): Promise<Located> { throw unfinished(); }

  /** The current object of that name, or the asked version, `null` being the null version. */
  find(_container: Container, _name: string, _version?: bigint | 'null'): Promise<StoredObject | undefined> { throw unfinished(); }

  /** Makes bytes durable that nobody sees yet. Throws `ObjectTooLarge`, `BodyIncomplete`. */
  stage(_container: Container, _bytes: Readable | Buffer, _options: StageOptions): Promise<Staged> { throw unfinished(); }

  /** Makes an object visible, as the container's versioning says. Throws what its `require` says, and `ContainerNotFound`. */
  commit(_container: Container, _put: Put): Promise<PutAnswer> { throw unfinished(); }

  /** `stage` and `commit` of what a client sends at once. */
  open(_object: StoredObject, _range: ByteRange | undefined, _signal: AbortSignal): Promise<Readable | Buffer> { throw unfinished(); }

  /** Makes an object of another's bytes; takes the same time whatever their length. */
  copy(_source: StoredObject, _target: Container, _put: CopiedPut): Promise<PutAnswer> { throw unfinished(); }

  /** Removes what is current as the container's versioning says, or exactly one version. */
  remove(_container: Container, _name: string, _options?: { version?: bigint | 'null'; require?: Precondition }): Promise<RemoveAnswer> { throw unfinished(); }

  /** Changes what is said of one version; its bytes and its version stay. Throws `ObjectNotFound`. */
  change(_container: Container, _object: StoredObject, _change: ObjectChange): Promise<StoredObject> { throw unfinished(); }

  /** A page of visible objects in the order of their names. */
  page(_container: Container, _query: ListQuery): Promise<(StoredObject | Subdir)[]> { throw unfinished(); }

  /** A page of all versions and delete markers: by name, then from the newest. */
  versions(_container: Container, _query: VersionQuery): Promise<(StoredObject | Subdir)[]> { throw unfinished(); }

  /** The parts of a multipart object, in order; none for any other. */
  parts(_object: StoredObject): Promise<PartBytes[]> { throw unfinished(); }
}

function unfinished(): Bug {
  return new Bug('object-storage.unfinished', 'Bodies follow.');
}
