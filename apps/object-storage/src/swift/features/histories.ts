import { Injectable } from '@nestjs/common';
import type { FrontReply } from '../../front/index.js';
import type { Container } from '../../containers/index.js';
import type { Located, RemoveAnswer, StoredObject } from '../../objects/index.js';
import type { Standing } from '../access/access.js';
import type { ObjectRequest } from '../request/index.js';
import { Archives, ObjectVersions } from '../versions/index.js';
import { badRequest } from '../faults/index.js';

/** What containers keep of what is replaced and deleted: versions (X-Versions-Enabled), or copies in an archive (the old modes). */
@Injectable()
export class Histories {
  constructor(private readonly versions: ObjectVersions, private readonly archives: Archives) {}

  /** Asked when a PUT comes, before its body is read; an answer ends it (a version that is made the latest again). */
  onPut(request: ObjectRequest, container: Container): Promise<FrontReply | undefined> {
    return this.versions.makeLatest(request, container);
  }

  /** Asked before the current object is replaced by a PUT: the old modes keep a copy of it first. */
  beforePut(request: ObjectRequest, container: Container): Promise<void> {
    return this.archives.beforePut(container, request.target.object);
  }

  /** Asked for each authorized DELETE; an answer ends it (a version, a restored copy). */
  async onDelete(request: ObjectRequest, container: Container, standing: Standing): Promise<FrontReply | undefined> {
    return await this.versions.removeVersion(request, container, standing) ?? this.archives.onDelete(request, container);
  }

  /** The answer to a DELETE that was carried out. Throws 404 where nothing was. */
  removedReply(container: Container, answer: RemoveAnswer): FrontReply {
    return this.versions.removedReply(container, answer);
  }

  /** What a GET, HEAD or COPY reads: what `?version-id=` names, else what is current. Throws 400, 403 and 404. */
  chosen(request: ObjectRequest, located: Located, standing: Standing): Promise<Located> {
    return this.versions.chosen(request, located, standing);
  }

  /** Versions are what they were: POST changes the current one only. Throws 400. */
  requireNoVersion({ query }: ObjectRequest): void {
    if ((query.get('version-id') ?? '') !== '') throw badRequest('POST to a specific version is not allowed');
  }

  /** The headers of an answer to a PUT. */
  putHeadersOf(container: Container, object: StoredObject): Record<string, string> {
    return this.versions.putHeadersOf(container, object);
  }
}
