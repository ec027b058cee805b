import { Inject, Injectable } from '@nestjs/common';
import type { Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir } from '../../listing/index.js';
import type { StoredObject } from '../../objects/index.js';
import type { Standing } from '../access/index.js';
import { ContainerOptions, ObjectListings, type ObjectEntry } from '../features/index.js';
import { forStanding, httpDate, listingTime, timestampHeader } from '../headers/index.js';
import { containerListing, listingHead, listingReply, listRequest } from '../listings/index.js';
import type { ContainerRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';

/** GET and HEAD of a container: its headers, and its objects in the order of their names. */
@Injectable()
export class ContainerShowing {
  constructor(
    private readonly listings: ObjectListings,
    private readonly options: ContainerOptions,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  async show(request: ContainerRequest, container: Container, standing: Standing): Promise<FrontReply> {
    const type = this.listings.typeOf(request);
    const canVary = !request.query.has('format');
    const headers = this.headersOf(container, standing);
    if (request.method === 'HEAD') return listingHead(type, headers, canVary);
    const query = listRequest(request.query, request.front.rawQuery, this.settings.limits.containerListingLimit);
    const page = query.limit === 0 ? [] : await this.listings.page(request, container, query);
    const entries = page.map((entry) => (isSubdir(entry) ? entry : this.entryOf(entry, container)));
    return listingReply(type, containerListing(type, container.name, entries), headers, canVary);
  }

  private headersOf(container: Container, standing: Standing): Record<string, string> {
    return {
      ...forStanding(container.metadata, standing),
      'x-container-object-count': String(container.objectCount),
      'x-container-bytes-used': String(container.bytesUsed),
      'x-timestamp': timestampHeader(container.createdAt),
      'last-modified': httpDate(container.changedAt),
      'x-storage-policy': container.storagePolicy,
      ...this.options.headersOf(container, standing.isOwner),
    };
  }

  private entryOf(object: StoredObject, container: Container): ObjectEntry {
    return {
      name: object.name, hash: object.etag, bytes: object.sizeBytes, content_type: object.contentType, last_modified: listingTime(object.modifiedAt),
      ...this.listings.columns(object, container),
    } as ObjectEntry;
  }
}
