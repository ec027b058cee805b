import { Inject, Injectable } from '@nestjs/common';
import { ContainerNotFound, Containers, type Container, type ContainerSettings } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { changedMetadata, type MetadataChange, type Metadata } from '../../metadata/index.js';
import { findPolicy, SETTINGS, type ObjectStorageSettings } from '../../settings/index.js';
import { cleanContainerAcl, type Standing } from '../access/index.js';
import { badRequest, notFound, reasonPage, SwiftFault } from '../faults/index.js';
import { ContainerOptions } from '../features/index.js';
import { forStanding, metadataChange, requireLimits, systemChange } from '../headers/index.js';
import { UploadQuotas } from '../quotas/index.js';
import { cleanFlag } from '../reading/index.js';
import type { ContainerRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';

const HTML = { 'content-type': 'text/html; charset=UTF-8' };

interface Change {
  metadata: MetadataChange;
  settings: Partial<ContainerSettings>;
}

/** PUT, POST and DELETE of a container. */
@Injectable()
export class ContainerChanges {
  constructor(
    private readonly containers: Containers,
    private readonly options: ContainerOptions,
    private readonly quotas: UploadQuotas,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
    @Inject(SETTINGS) private readonly storage: ObjectStorageSettings,
  ) {}

  async put(request: ContainerRequest, existing: Container | undefined, standing: Standing): Promise<FrontReply> {
    const change = await this.change(request, existing, standing);
    const policy = this.policyOf(request);
    this.requireSamePolicy(existing, policy);
    if (existing !== undefined) return this.putAgain(existing, change);
    const metadata = changedMetadata({}, change.metadata);
    requireLimits('x-container-meta-', metadata, this.settings.limits);
    const { account, container } = request.target;
    const made = await this.containers.create(account, container, {
      metadata, settings: change.settings, ...(policy !== undefined && { storagePolicy: policy }),
    });
    if (made.isNew) return { status: 201, headers: { ...HTML, 'content-length': '0' } };
    // Somebody made it meanwhile: then this is the second PUT.
    this.requireSamePolicy(made.container, policy);
    return this.putAgain(made.container, change);
  }

  async post(request: ContainerRequest, container: Container, standing: Standing): Promise<FrontReply> {
    await this.apply(container, await this.change(request, container, standing));
    return { status: 204, headers: HTML };
  }

  async remove(container: Container): Promise<FrontReply> {
    await this.containers.remove(container.id, { ignoresNullMarkers: true });
    return { status: 204, headers: HTML };
  }

  private async putAgain(container: Container, change: Change): Promise<FrontReply> {
    await this.apply(container, change);
    return { status: 202, headers: HTML, body: reasonPage(202) };
  }

  private async apply(container: Container, { metadata, settings }: Change): Promise<void> {
    const { limits } = this.settings;
    const check = (current: { metadata: Metadata }): void => requireLimits('x-container-meta-', changedMetadata(current.metadata, metadata), limits);
    try {
      await this.containers.change(container.id, { metadata, settings, check });
    } catch (error) {
      if (error instanceof ContainerNotFound) throw notFound();
      throw error;
    }
  }

  private async change(request: ContainerRequest, existing: Container | undefined, standing: Standing): Promise<Change> {
    const { headers } = request;
    this.quotas.requireContainerQuotas(headers);
    const acls = ['x-container-read', 'x-container-write'].map((header) => systemChange(header, headers, (value) => cleanContainerAcl(header, value)));
    const flags = systemChange('x-container-rfc-compliant-etags', headers, cleanFlag);
    const own = forStanding(Object.assign({}, metadataChange('container', headers, this.settings.limits), flags, ...acls) as MetadataChange, standing);
    const { metadata = {}, settings = {} } = await this.options.ofHeaders(request, existing);
    return { metadata: { ...own, ...forStanding(metadata, standing) }, settings };
  }

  private policyOf({ headers }: ContainerRequest): string | undefined {
    const asked = headers['x-storage-policy'];
    if (asked === undefined || asked === '') return undefined;
    const policy = findPolicy(this.storage, asked);
    if (policy === undefined) throw badRequest(`Invalid X-Storage-Policy '${asked.slice(0, 100)}'`);
    return policy.name;
  }

  /** Where its objects are was decided when it was made. */
  private requireSamePolicy(existing: Container | undefined, asked: string | undefined): void {
    if (existing !== undefined && asked !== undefined && asked !== existing.storagePolicy) throw new SwiftFault(409);
  }
}
