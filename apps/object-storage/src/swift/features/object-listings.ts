import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { ListQuery, Subdir } from '../../listing/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import type { ContainerRequest } from '../request/index.js';
import { locationOf } from '../symlinks/index.js';

/** One line of a container's listing as JSON shows it; text and XML show parts of it. */
export interface ObjectEntry {
  name: string;
  hash: string;
  bytes: number;
  content_type: string;
  /** Seconds with six digits, without zone. */
  last_modified: string;
  [more: string]: string | number | boolean;
}

/** What a container lists: its current objects, or with `?versions` all of them; features add columns of their own. */
@Injectable()
export class ObjectListings {
  constructor(private readonly objects: Objects) {}

  page(_request: ContainerRequest, container: Container, query: ListQuery): Promise<(StoredObject | Subdir)[]> {
    return this.objects.page(container, query);
  }

  /** Columns that settings of the object add, and columns that they change (a manifest's size). */
  columns(object: StoredObject, { account }: Container): Partial<ObjectEntry> {
    const { slo, symlink } = object.settings;
    if (slo !== undefined) return { bytes: slo.sizeBytes, slo_etag: `"${slo.etag}"` };
    if (symlink === undefined) return {};
    return {
      symlink_path: locationOf(symlink, account),
      ...(symlink.etag !== undefined && { symlink_etag: symlink.etag }),
      ...(symlink.bytes !== undefined && { symlink_bytes: symlink.bytes }),
      ...(symlink.sloEtag !== undefined && { slo_etag: `"${symlink.sloEtag}"` }),
    };
  }
}
