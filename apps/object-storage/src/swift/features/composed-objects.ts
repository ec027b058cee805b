import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { FrontRequest } from '../../front/index.js';
import { ObjectBroken, ObjectNotFound, type ComposedSource, type ComposedSources, type MayRead, type StoredObject } from '../../objects/index.js';
import type { Access } from '../access/access.js';
import { SwiftFault } from '../faults/index.js';
import { Contents, type Content } from './contents.js';

/** Large objects and links, for the other API: it shows them as what they are read as. */
@Injectable()
export class ComposedObjects implements ComposedSources {
  constructor(private readonly contents: Contents) {}

  isComposed({ settings, metadata }: StoredObject): boolean {
    return settings.slo !== undefined || settings.symlink !== undefined || metadata['x-object-manifest'] !== undefined;
  }

  async of(front: FrontRequest, container: Container, object: StoredObject, mayRead: MayRead): Promise<ComposedSource> {
    const access: Access = {
      caller: undefined,
      require: async (deed) => {
        if (deed.container === undefined) throw new ObjectNotFound(object.name);
        await mayRead(deed.container, deed.object);
        return { isOwner: false, isReseller: false };
      },
    };
    const target = { account: container.account, container: container.name, object: object.name };
    const request = { front, transactionId: '', method: 'GET', target, headers: {}, query: new URLSearchParams(), body: front.body, access, startedAt: 0 };
    const content = await inNeutralWords(object, () => this.contents.of(request, { container, object }));
    return {
      object: shown(object, content), ...(content.isPlain && { bytesOf: content.object }),
      open: (range, signal) => inNeutralWords(object, () => content.open(range, signal)),
    };
  }
}

/** The object that was asked for, with what is said of the bytes taken from where they come from. */
function shown(object: StoredObject, { object: target, sizeBytes, etag, contentType }: Content): StoredObject {
  // What leads to the bytes is not said of them: a copy that had it would be a manifest again.
  const metadata = Object.fromEntries(Object.entries(target.metadata).filter(([name]) => name !== 'x-object-manifest'));
  return { ...object, sizeBytes, etag: etag.replaceAll('"', ''), contentType, metadata, modifiedAt: target.modifiedAt };
}

async function inNeutralWords<Value>({ name }: StoredObject, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SwiftFault)) throw error;
    throw error.status === 404 ? new ObjectNotFound(name) : new ObjectBroken();
  }
}
