import type { Readable } from 'node:stream';
import { Conflict } from '@virga/kernel';
import type { ByteRange } from '@virga/ports';
import type { Container } from '../containers/index.js';
import type { FrontRequest } from '../front/index.js';
import type { StoredObject } from './object.js';

/** A caller's right to read, asked for everything that an object is put together from; without a name, to list. Throws where there is none. */
export type MayRead = (container: Container, name: string | undefined) => Promise<void>;

/** An object as its reader sees it: size, ETag, type and metadata are those of the bytes that come. */
export interface ComposedSource {
  object: StoredObject;
  /** The one object whose own bytes all of them are, so that a copy can share them; absent where several are joined. */
  bytesOf?: StoredObject;
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable | Buffer>;
}

/** Something that the object is put together from is not there any more, or is not what it was. */
export class ObjectBroken extends Conflict {
  constructor() {
    super('object-storage.object.broken', 'A part of the object is missing or has changed.');
  }
}

/** Objects whose bytes stand elsewhere: the API that makes them tells the other one how they are read. */
export abstract class ComposedSources {
  abstract isComposed(object: StoredObject): boolean;
  /** Throws `ObjectNotFound` where it leads nowhere, `ObjectBroken`, and what `mayRead` throws. */
  abstract of(front: FrontRequest, container: Container, object: StoredObject, mayRead: MayRead): Promise<ComposedSource>;
}
