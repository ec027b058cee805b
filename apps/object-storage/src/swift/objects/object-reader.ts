import { Injectable } from '@nestjs/common';
import { Containers, type Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { Objects, type Located, type StoredObject } from '../../objects/index.js';
import { notFound } from '../faults/index.js';
import { Contents, Histories, type Content } from '../features/index.js';
import { contentReply } from '../reading/index.js';
import type { ObjectRequest } from '../request/index.js';

/** GET and HEAD of an object, and the reading half of a copy. */
@Injectable()
export class ObjectReader {
  constructor(
    private readonly containers: Containers,
    private readonly objects: Objects,
    private readonly contents: Contents,
    private readonly histories: Histories,
  ) {}

  async read(request: ObjectRequest): Promise<FrontReply> {
    return contentReply(request, await this.contentOf(request));
  }

  /** What stands behind the name, after the caller has been found to be allowed to read it. Throws 401, 403, 404 and a manifest's 409. */
  async contentOf(request: ObjectRequest): Promise<Content> {
    const { container, object } = await this.locate(request);
    await request.access.require({
      method: request.method, account: request.target.account, containerName: request.target.container, container, object: request.target.object,
    });
    return this.contents.of(request, required(container, object));
  }

  private async locate(request: ObjectRequest): Promise<Located> {
    const { account, container: containerName, object } = request.target;
    if (!request.query.has('version-id')) return this.objects.locate(account, containerName, object);
    const container = await this.containers.find(account, containerName);
    if (container === undefined) return { container, object: undefined };
    return { container, object: await this.objects.find(container, object, this.histories.versionOf(request, container)) };
  }
}

function required(container: Container | undefined, object: StoredObject | undefined): { container: Container; object: StoredObject } {
  if (container === undefined || object === undefined || object.isDeleteMarker) throw notFound();
  return { container, object };
}
