import { Inject, Injectable } from '@nestjs/common';
import { ownEntry } from '@virga/kernel';
import type { Container, ContainerSettings } from '../../containers/index.js';
import type {} from '../../sync-changes/index.js';
import type { MetadataChange } from '../../metadata/index.js';
import { badRequest } from '../faults/index.js';
import { systemChange } from '../headers/index.js';
import type { ContainerRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { parseSyncTo } from './signature.js';

/** Where a container's changes are sent to, and the key that its owners share. */
@Injectable()
export class SyncOptions {
  constructor(@Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings) {}

  /** Throws 400 for a place that is not of a realm that the operator knows: a container's owner must not make us call anybody else. */
  ofHeaders({ headers }: ContainerRequest, container: Container | undefined): { metadata: MetadataChange; settings: Partial<ContainerSettings> } {
    const to = systemChange('x-container-sync-to', headers);
    const value = to['x-container-sync-to'];
    if (value !== undefined) {
      this.requireKnown(value);
      if (container?.settings.versioning !== undefined) throw badRequest('Cannot configure container sync on a container with object versioning configured.');
    }
    const isNew = value !== undefined && value !== container?.metadata['x-container-sync-to'];
    // What is there already is brought over as well, from the first name on.
    return { metadata: { ...to, ...systemChange('x-container-sync-key', headers) }, settings: isNew ? { syncFill: '' } : {} };
  }

  private requireKnown(value: string): void {
    const place = parseSyncTo(value);
    if (place === undefined) throw badRequest('Only realm values of the format //realm/cluster/account/container are allowed for X-Container-Sync-To.');
    const realm = this.settings.syncRealms.find(({ name }) => name === place.realm);
    if (realm === undefined) throw badRequest(`No realm key for '${place.realm}'`);
    if (ownEntry(realm.clusters, place.cluster) === undefined) throw badRequest(`No cluster endpoint for '${place.realm}' '${place.cluster}'`);
  }
}
