import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { notFound } from '../faults/index.js';
import { Contents, Histories, type Content } from '../features/index.js';
import { contentReply, EtagQuotes } from '../reading/index.js';
import type { ObjectRequest } from '../request/index.js';

/** GET and HEAD of an object, and the reading half of a copy. */
@Injectable()
export class ObjectReader {
  constructor(
    private readonly objects: Objects,
    private readonly contents: Contents,
    private readonly histories: Histories,
    private readonly etags: EtagQuotes,
  ) {}

  async read(request: ObjectRequest): Promise<FrontReply> {
    const content = await this.contentOf(request);
    return this.etags.formed(content.container, await contentReply(request, content));
  }

  /** What stands behind the name, after the caller has been found to be allowed to read it. Throws 401, 403, 404 and a manifest's 409. */
  async contentOf(request: ObjectRequest): Promise<Content> {
    const { account, container: containerName, object } = request.target;
    const located = await this.objects.locate(account, containerName, object);
    const standing = await request.access.require({ method: request.method, account, containerName, container: located.container, object });
    const chosen = await this.histories.chosen(request, located, standing);
    return this.contents.of(request, required(chosen.container, chosen.object));
  }
}

function required(container: Container | undefined, object: StoredObject | undefined): { container: Container; object: StoredObject } {
  if (container === undefined || object === undefined || object.isDeleteMarker) throw notFound();
  return { container, object };
}
