import { Injectable } from '@nestjs/common';
import type { MetadataChange } from '../../metadata/index.js';
import type { Container, ContainerSettings } from '../../containers/index.js';
import type { ContainerRequest } from '../request/index.js';

/** Headers of containers that features own: versioning, static web's, synchronization. */
@Injectable()
export class ContainerOptions {
  /** What the headers of a PUT or POST change, joined to what the container rules make of them. Throws 400, 412. */
  async ofHeaders(_request: ContainerRequest, _container: Container | undefined): Promise<{ metadata?: MetadataChange; settings?: Partial<ContainerSettings> }> {
    return {};
  }

  /** The headers that GET and HEAD show of the container's settings. */
  headersOf(_container: Container, _isOwner: boolean): Record<string, string> {
    return {};
  }
}
