import { Injectable } from '@nestjs/common';
import type { MetadataChange } from '../../metadata/index.js';
import type { Container, ContainerSettings } from '../../containers/index.js';
import { SyncOptions } from '../container-sync/index.js';
import type { ContainerRequest } from '../request/index.js';
import { VersioningOptions } from '../versions/index.js';

/** Headers of containers that features own: versioning and synchronization. Static web's are user metadata like any other. */
@Injectable()
export class ContainerOptions {
  constructor(private readonly versioning: VersioningOptions, private readonly sync: SyncOptions) {}

  /** What the headers of a PUT or POST change, joined to what the container rules make of them. Throws 400, 412. */
  async ofHeaders(request: ContainerRequest, container: Container | undefined): Promise<{ metadata?: MetadataChange; settings?: Partial<ContainerSettings> }> {
    const { metadata, settings } = this.versioning.ofHeaders(request, container);
    const sync = this.sync.ofHeaders(request, container);
    return { metadata: { ...metadata, ...sync.metadata }, settings: { ...settings, ...sync.settings } };
  }

  /** The headers that GET and HEAD show of the container's settings. */
  headersOf(container: Container, _isOwner: boolean): Record<string, string> {
    return this.versioning.headersOf(container);
  }
}
