import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import { isSubdir, type ListQuery, type Subdir } from '../../listing/index.js';
import { Objects, type StoredObject, type VersionQuery } from '../../objects/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import type { ContainerRequest } from '../request/index.js';
import { idOf, versionOfId } from './version-id.js';

/** A version with what only a list of versions says of it. */
export interface ListedVersion extends StoredObject {
  isLatest: boolean;
}

/** `GET ?versions` of a container: every version and delete marker, of each name the newest first. */
@Injectable()
export class VersionsListing {
  constructor(private readonly objects: Objects) {}

  /** Throws 400 for a version_marker without marker and for a delimiter that could stand in a version id; 406 where JSON is not liked. */
  async page(request: ContainerRequest, container: Container, query: ListQuery): Promise<(ListedVersion | Subdir)[]> {
    requireJson(request);
    if (/[0-9.]/.test(query.delimiter ?? '')) throw badRequest('invalid delimiter param');
    const latest = new Map<string, string>();
    const shown: (StoredObject | Subdir)[] = [];
    let part: VersionQuery = { ...rangeOf(query), ...versionMarkerOf(request) };
    // What is hidden leaves room on the page: more is read until it is full.
    while (shown.length < query.limit) {
      const most = query.limit - shown.length;
      const read = await this.objects.versions(container, { ...part, limit: most });
      for (const entry of read) if (!isSubdir(entry) && entry.isCurrent) latest.set(entry.name, idOf(entry));
      shown.push(...read.filter(isShown));
      const last = read.at(-1);
      if (last === undefined || read.length < most) break;
      part = { ...part, ...after(last) };
    }
    return this.withLatest(container, shown, latest);
  }

  /** Of names whose versions begin or end on another page, the latest is looked up. */
  private async withLatest(container: Container, page: readonly (StoredObject | Subdir)[], latest: Map<string, string>): Promise<(ListedVersion | Subdir)[]> {
    for (const edge of [page[0], page.at(-1)]) {
      if (edge === undefined || isSubdir(edge) || latest.has(edge.name)) continue;
      const current = await this.objects.find(container, edge.name);
      if (current !== undefined) latest.set(edge.name, idOf(current));
    }
    return page.map((entry) => (isSubdir(entry) ? entry : { ...entry, isLatest: latest.get(entry.name) === idOf(entry) }));
  }
}

/** Links to versions and the markers of names without a latest version are how we keep them; Swift has no such entries. */
function isShown(entry: StoredObject | Subdir): boolean {
  return isSubdir(entry) || (entry.settings.versionLink === undefined && !(entry.isDeleteMarker && entry.isNullVersion));
}

function rangeOf({ prefix, delimiter, marker, limit, isReversed }: ListQuery): VersionQuery {
  return {
    limit, ...(prefix !== undefined && { prefix }), ...(delimiter !== undefined && { delimiter }), ...(marker !== undefined && { keyMarker: marker }),
    ...(isReversed === true && { isReversed }),
  };
}

function versionMarkerOf({ query }: ContainerRequest): { versionMarker?: bigint } {
  const marker = query.get('version_marker');
  if (marker === null) return {};
  if (!query.has('marker')) throw badRequest('version_marker param requires marker');
  const version = versionOfId(marker);
  return version === 'null' ? {} : { versionMarker: version };
}

function after(last: StoredObject | Subdir): { keyMarker: string; versionMarker?: bigint } {
  return isSubdir(last) ? { keyMarker: last.subdir } : { keyMarker: last.name, versionMarker: last.version };
}

/** Version ids have no place in the other formats. */
function requireJson({ headers, query }: ContainerRequest): void {
  const format = query.get('format');
  const accepts = headers['accept'] ?? '*/*';
  if (format !== null && format !== '' ? format !== 'json' : !/(\*\/\*|application\/(\*|json))/.test(accepts)) throw new SwiftFault(406);
}
