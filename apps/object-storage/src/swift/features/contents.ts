import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import type { Container } from '../../containers/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import type { ObjectRequest } from '../request/index.js';

/** What a GET or HEAD of an object answers with, and what a copy reads. */
export interface Content {
  container: Container;
  /** The object whose metadata is answered. */
  object: StoredObject;
  sizeBytes: number;
  /** Without quotes; a quoted text stands for itself. */
  etag: string;
  contentType: string;
  /** Headers beyond those of the object's metadata, by name in lower case. */
  headers: Record<string, string>;
  /** Whether the bytes are the stored object's own, so that a copy can share them. */
  isPlain: boolean;
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<Readable | Buffer>;
}

/** What stands behind an object: itself, or what a manifest or a symbolic link makes of it. */
@Injectable()
export class Contents {
  constructor(private readonly objects: Objects) {}

  /** `found` was read under the request's own access. Throws what a broken manifest or link answers with (409, 404). */
  async of(_request: ObjectRequest, found: { container: Container; object: StoredObject }): Promise<Content> {
    return this.plain(found);
  }

  plain({ container, object }: { container: Container; object: StoredObject }): Content {
    return {
      container, object, sizeBytes: object.sizeBytes, etag: object.etag, contentType: object.contentType, headers: {}, isPlain: true,
      open: (range, signal) => this.objects.open(object, range, signal),
    };
  }
}
