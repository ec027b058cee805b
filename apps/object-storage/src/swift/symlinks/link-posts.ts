import { Inject, Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { Metadata } from '../../metadata/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { badRequest, SwiftFault } from '../faults/index.js';
import { expiryOf, objectMetadata } from '../headers/index.js';
import type { ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { locationOf } from './link.js';

const REDIRECTED = 'The requested POST was applied to a symlink. POST directly to the target to apply requested metadata.';

/** POST to a symbolic link: the link itself gets the metadata, and the client is told where it leads (307). */
@Injectable()
export class LinkPosts {
  constructor(private readonly objects: Objects, @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** Returns where `object` is no link. Throws 400 for a POST that would make one, and 307 when the link has been changed. */
  async answer(request: ObjectRequest, container: Container, object: StoredObject, more: Metadata): Promise<void> {
    if (request.headers['x-symlink-target'] !== undefined) throw badRequest('A PUT request is required to set a symlink target');
    const { symlink } = object.settings;
    if (symlink === undefined) return;
    const metadata = { ...objectMetadata(request.headers, this.settings.limits), ...more };
    const contentType = request.headers['content-type'];
    await this.objects.change(container, object, {
      metadata, expiresAt: expiryOf(request.headers, request.startedAt) ?? null, ...(contentType && { contentType }),
    });
    throw new SwiftFault(307, REDIRECTED, {
      headers: { location: locationOf(symlink, container.account), ...(symlink.etag !== undefined && { 'x-symlink-target-etag': symlink.etag }) },
    });
  }
}
