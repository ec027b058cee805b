import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir } from '../../listing/index.js';
import { isHeld, ObjectHeld, Objects, type Located, type StoredObject } from '../../objects/index.js';
import type { Standing } from '../access/access.js';
import { badRequest, notFound, SwiftFault } from '../faults/index.js';
import { httpDate } from '../headers/index.js';
import { pathOf, type ObjectRequest } from '../request/index.js';
import { idOf, versionOfId } from './version-id.js';

declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** It stands for this older version, which was made the latest again: the same bytes, as the null version. */
    versionLink?: string;
  }
}

/** What a delete marker is called in listings. */
export const DELETE_MARKER_TYPE = 'application/x-deleted;swift_versions_deleted=1';
const HTML = { 'content-type': 'text/html; charset=UTF-8' };

/**
 * Containers with X-Versions-Enabled. The model keeps the versions; here is what Swift's clients see of it: ids, delete markers,
 * versions made the latest again. Where Swift leaves a name without a current object although older versions are there, the null
 * version's delete marker says so; it is not listed.
 */
@Injectable()
export class ObjectVersions {
  constructor(private readonly objects: Objects, @Inject(CLOCK) private readonly clock: Clock) {}

  /** What a request reads: what `version-id` names, else what is current. Throws 400; 403 where the caller may only read what is current. */
  async chosen({ query, target }: ObjectRequest, located: Located, { isOwner }: Standing): Promise<Located> {
    const id = query.get('version-id');
    const { container } = located;
    if (id === null || id === '' || container === undefined) return located;
    const version = requireVersion(container, id);
    if (version === 'null') return { container, object: await this.nullVersion(container, target.object, located.object) };
    if (!isOwner) throw new SwiftFault(403);
    const object = await this.objects.find(container, target.object, version);
    if (object?.isDeleteMarker !== true) return { container, object };
    throw new SwiftFault(404, undefined, { contentType: DELETE_MARKER_TYPE, headers: { 'x-object-version-id': id } });
  }

  /** The headers that say which version an answer is about; none in containers that never kept versions. */
  headersOf(container: Container, object: StoredObject): Record<string, string> {
    if (container.settings.versioning === undefined) return {};
    const id = idOf(object);
    if (id === 'null') return { 'x-object-version-id': id };
    const path = pathOf({ account: container.account, container: container.name, object: object.name });
    return { 'x-object-version-id': id, 'content-location': `${path}?version-id=${id}` };
  }

  /** The header of an answer to what has just been put; Swift has none for the null version. */
  putHeadersOf(container: Container, object: StoredObject): Record<string, string> {
    return container.settings.versioning === 'enabled' && !object.isNullVersion ? { 'x-object-version-id': idOf(object) } : {};
  }

  /** `PUT ?version-id=`: that version becomes the latest again. Undefined where the request is none. */
  async makeLatest(request: ObjectRequest, container: Container): Promise<FrontReply | undefined> {
    const id = request.query.get('version-id');
    if (id === null || id === '') return undefined;
    const version = requireVersion(container, id);
    if (Number(request.headers['content-length'] ?? 0) > 0) throw badRequest('PUT version-id requests require a zero byte body');
    const source = await this.objects.find(container, request.target.object, version);
    if (source === undefined || source.isDeleteMarker) throw new SwiftFault(404, 'The specified version does not exist');
    const { name, contentType, metadata, settings, etag } = source;
    const { object } = await this.objects.copy(source, container, {
      name, contentType, metadata, etag, settings: version === 'null' ? settings : { ...settings, versionLink: id }, asNull: true,
    });
    return {
      status: 201,
      headers: { ...HTML, 'content-length': '0', etag, 'last-modified': httpDate(object.modifiedAt), 'x-object-version-id': id },
    };
  }

  /** `DELETE ?version-id=`: just that version. Where it is the latest, the name has no latest one any more. Undefined where the request is none. */
  async removeVersion(request: ObjectRequest, container: Container, { isOwner }: Standing): Promise<FrontReply | undefined> {
    const id = request.query.get('version-id');
    if (id === null || id === '') return undefined;
    const version = requireVersion(container, id);
    if (version === 'null') return container.settings.versioning === undefined ? undefined : this.removeNull(container, request.target.object);
    if (!isOwner) throw new SwiftFault(403);
    const latest = await this.take(container, request.target.object, version);
    return { status: 204, headers: { ...HTML, 'x-object-version-id': id, 'x-object-current-version-id': latest } };
  }

  /** Removes a version; answers the id of what is current then. Throws 404. */
  private async take(container: Container, name: string, version: bigint): Promise<string> {
    const [current, asked] = await Promise.all([this.objects.find(container, name), this.objects.find(container, name, version)]);
    if (asked === undefined) throw notFound();
    // Before anything is hidden: S3's object lock holds against Swift's clients as well.
    if (isHeld(asked.settings, this.clock.now())) throw new ObjectHeld();
    const isLatest = current !== undefined && idOf(current) === idOf(asked);
    // The name goes first: whatever happens between the two, no older version shows up as the latest.
    if (isLatest && !asked.isDeleteMarker) await this.objects.remove(container, name, { asNull: true });
    await this.objects.remove(container, name, { version });
    if (isLatest) await this.forget(container, name);
    return isLatest || current === undefined ? 'null' : idOf(current);
  }

  /** The answer to a deletion that left a delete marker, or took what was there. Swift says 404 where nothing was, and marks it all the same. */
  removedReply(container: Container, { removed, deleteMarker }: { removed?: StoredObject; deleteMarker?: StoredObject }): FrontReply {
    const marker: Record<string, string> = container.settings.versioning === 'enabled' && deleteMarker !== undefined
      ? { 'x-object-version-id': idOf(deleteMarker) } : {};
    if (removed === undefined) throw new SwiftFault(404, undefined, { headers: marker });
    return { status: 204, headers: { ...HTML, ...marker } };
  }

  /** What `version-id=null` reads: the null version, unless it only stands for another. */
  private async nullVersion(container: Container, name: string, current: StoredObject | undefined): Promise<StoredObject | undefined> {
    if (container.settings.versioning === undefined) return current;
    const object = await this.objects.find(container, name, 'null');
    return object?.settings.versionLink === undefined ? object : undefined;
  }

  private async removeNull(container: Container, name: string): Promise<FrontReply> {
    const { removed } = await this.objects.remove(container, name, { asNull: true });
    if (removed === undefined) throw notFound();
    return { status: 204, headers: HTML };
  }

  /** A null delete marker that hides nothing is not kept. */
  private async forget(container: Container, name: string): Promise<void> {
    const versions = (await this.objects.versions(container, { prefix: name, limit: 2 })).filter((entry) => !isSubdir(entry) && entry.name === name);
    const [only] = versions as StoredObject[];
    if (versions.length === 1 && only?.isNullVersion === true && only.isDeleteMarker) await this.objects.remove(container, name, { version: 'null' });
  }
}

/** Throws 400 for what is no version id, and for any but `null` where no versions are kept. */
function requireVersion(container: Container, id: string): bigint | 'null' {
  if (container.settings.versioning === undefined && id !== 'null') throw badRequest('version-aware operations require that the container is versioned');
  return versionOfId(id);
}
