import { Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { FrontRequest } from '../../front/index.js';
import type { StoredObject } from '../../objects/index.js';
import type { Access } from '../access/access.js';
import { SwiftFault } from '../faults/index.js';
import { Contents, type Content } from './contents.js';

/** A right of another API's caller to read, asked for every segment and target. Throws where there is none. */
export type MayRead = (container: Container, name: string | undefined) => Promise<void>;

/** Objects of Swift's making whose bytes stand elsewhere (large objects, links), for the other API: it shows them as what they are read as. */
@Injectable()
export class ComposedObjects {
  constructor(private readonly contents: Contents) {}

  isComposed({ settings, metadata }: StoredObject): boolean {
    return settings.slo !== undefined || settings.symlink !== undefined || metadata['x-object-manifest'] !== undefined;
  }

  /** What a reader gets. Throws `SwiftFault` 404 and 409 for what is broken, and what `mayRead` throws. */
  async of(front: FrontRequest, container: Container, object: StoredObject, mayRead: MayRead): Promise<Content> {
    const access: Access = {
      caller: undefined,
      require: async (deed) => {
        if (deed.container === undefined) throw new SwiftFault(404);
        await mayRead(deed.container, deed.object);
        return { isOwner: false, isReseller: false };
      },
    };
    const target = { account: container.account, container: container.name, object: object.name };
    const request = { front, transactionId: '', method: 'GET', target, headers: {}, query: new URLSearchParams(), body: front.body, access, startedAt: 0 };
    return this.contents.of(request, { container, object });
  }
}
