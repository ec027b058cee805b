import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@virga/kernel';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir } from '../../listing/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import type { Microseconds } from '../../timestamps/index.js';
import { notFound, preconditionFailed } from '../faults/index.js';
import { timestampHeader } from '../headers/index.js';
import { decodedPath, type ObjectRequest } from '../request/index.js';
import { DELETE_MARKER_TYPE } from './object-versions.js';

const HTML = { 'content-type': 'text/html; charset=UTF-8' };

/** How a container keeps what is replaced in another one: `stack` gives it back on DELETE, `history` never does. */
interface Archive {
  mode: 'stack' | 'history';
  container: string;
}

/**
 * Swift's old way of keeping versions (X-Versions-Location, X-History-Location): what is replaced is first copied into another
 * container, under its name and time. Copies share their bytes. A death between the copy and what it was made for leaves an
 * archived copy of what is still current, never the loss of either.
 */
@Injectable()
export class Archives {
  constructor(private readonly containers: Containers, private readonly objects: Objects, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Keeps a copy of what a PUT is going to replace. Throws 412 where the archive is not there. */
  async beforePut(container: Container, name: string): Promise<void> {
    const archive = archiveOf(container);
    if (archive === undefined) return;
    const current = await this.objects.find(container, name);
    if (current !== undefined && !current.isDeleteMarker) await this.keep(await this.place(container, archive), current);
  }

  /** The answer to a DELETE in a container with an archive, or undefined where it goes on as any other. */
  async onDelete(request: ObjectRequest, container: Container): Promise<FrontReply | undefined> {
    const archive = archiveOf(container);
    if (archive === undefined) return undefined;
    const { object: name } = request.target;
    if (archive.mode === 'stack') return this.pop(container, archive, name);
    const place = await this.place(container, archive);
    const current = await this.objects.find(container, name);
    if (current !== undefined && !current.isDeleteMarker) await this.keep(place, current);
    await this.mark(place, name);
    return undefined;
  }

  /** Gives back what was current before, as far as there is something to give back. */
  private async pop(container: Container, archive: Archive, name: string): Promise<FrontReply | undefined> {
    const place = await this.containers.find(container.account, archive.container);
    if (place === undefined) return undefined;
    const kept = this.newestFirst(place, name);
    const first = await next(kept);
    if (first === undefined) return undefined;
    if (first.contentType !== DELETE_MARKER_TYPE) return this.restore(container, name, place, first);
    const current = await this.objects.find(container, name);
    // Written after the deletion that the marker is of: deleting it leaves the name as the marker says.
    if (current !== undefined && !current.isDeleteMarker) return undefined;
    const second = await next(kept);
    if (second !== undefined && second.contentType !== DELETE_MARKER_TYPE) await this.restore(container, name, place, second);
    return this.remove(place, first.name);
  }

  private async restore(container: Container, name: string, place: Container, kept: StoredObject): Promise<FrontReply> {
    await this.objects.copy(kept, container, putOf(name, kept));
    return this.remove(place, kept.name);
  }

  private async remove(place: Container, name: string): Promise<FrontReply> {
    const { removed } = await this.objects.remove(place, name);
    if (removed === undefined) throw notFound();
    return { status: 204, headers: HTML };
  }

  private async keep(place: Container, current: StoredObject): Promise<void> {
    await this.objects.copy(current, place, putOf(archivedName(current.name, current.modifiedAt), current));
  }

  private async mark(place: Container, name: string): Promise<void> {
    await this.objects.commit(place, { name: archivedName(name, this.clock.now() * 1000), contentType: DELETE_MARKER_TYPE, metadata: {} });
  }

  private async place({ account }: Container, { container }: Archive): Promise<Container> {
    const place = await this.containers.find(account, container);
    if (place === undefined) throw preconditionFailed();
    return place;
  }

  private async* newestFirst(place: Container, name: string): AsyncGenerator<StoredObject> {
    const prefix = archivedPrefix(name);
    let marker: string | undefined;
    while (true) {
      const page = await this.objects.page(place, { prefix, isReversed: true, limit: 2, ...(marker !== undefined && { marker }) });
      const objects = page.filter((entry): entry is StoredObject => !isSubdir(entry));
      yield* objects;
      marker = objects.at(-1)?.name;
      if (marker === undefined) return;
    }
  }
}

function archiveOf({ metadata }: Container): Archive | undefined {
  const [stack, history] = [metadata['x-versions-location'], metadata['x-history-location']];
  const location = stack ?? history;
  if (location === undefined || location === '') return undefined;
  return { mode: stack === undefined ? 'history' : 'stack', container: decodedPath(location).split('/')[0] ?? '' };
}

/** Everything of an object but its time. */
function putOf(name: string, { contentType, metadata, settings, etag, expiresAt }: StoredObject): Parameters<Objects['copy']>[2] {
  return { name, contentType, metadata, settings, etag, ...(expiresAt !== undefined && { expiresAt }) };
}

/** Swift's naming: the name's length in three hexadecimal digits, so that no name's versions stand among another's. */
function archivedPrefix(name: string): string {
  return `${Buffer.byteLength(name).toString(16).padStart(3, '0')}${name}/`;
}

function archivedName(name: string, moment: Microseconds): string {
  return archivedPrefix(name) + timestampHeader(moment).padStart(16, '0');
}

async function next(kept: AsyncGenerator<StoredObject>): Promise<StoredObject | undefined> {
  const { value, done } = await kept.next();
  return done === true ? undefined : value;
}
