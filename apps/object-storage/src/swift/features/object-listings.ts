import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { ListQuery, Subdir } from '../../listing/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { listingType, type ListingType } from '../listings/index.js';
import { pathOf, type ContainerRequest } from '../request/index.js';
import { locationOf } from '../symlinks/index.js';
import { DELETE_MARKER_TYPE, idOf, VersionsListing, type ListedVersion } from '../versions/index.js';

const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

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
  constructor(private readonly objects: Objects, private readonly versions: VersionsListing) {}

  /** Lists of versions are JSON only. Throws 406 where the client does not like it. */
  typeOf({ query, headers }: ContainerRequest): ListingType {
    return query.has('versions') ? 'application/json' : listingType(query.get('format'), headers['accept']);
  }

  page(request: ContainerRequest, container: Container, query: ListQuery): Promise<(StoredObject | Subdir)[]> {
    return request.query.has('versions') ? this.versions.page(request, container, query) : this.objects.page(container, query);
  }

  /** Columns that settings of the object add, and columns that they change (a manifest's size). */
  columns(object: StoredObject | ListedVersion, container: Container): Partial<ObjectEntry> {
    return { ...versionColumns(object, container), ...contentColumns(object, container) };
  }
}

function versionColumns(object: StoredObject | ListedVersion, { account, name: container, settings }: Container): Partial<ObjectEntry> {
  if ('isLatest' in object) {
    const marker = object.isDeleteMarker ? { hash: EMPTY_MD5, content_type: DELETE_MARKER_TYPE } : {};
    return { version_id: idOf(object), is_latest: object.isLatest, ...marker };
  }
  const id = idOf(object);
  if (settings.versioning === undefined || id === 'null') return {};
  return { version_symlink: true, symlink_path: `${pathOf({ account, container, object: object.name })}?version-id=${id}` };
}

function contentColumns(object: StoredObject, { account }: Container): Partial<ObjectEntry> {
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
