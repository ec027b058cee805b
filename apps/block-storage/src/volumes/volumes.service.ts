import { Injectable } from '@nestjs/common';
import type { VersionNumber } from '@virga/contract';
import { contextIsAdmin, volumes as contract } from '@virga/contracts-block-storage';
import { isUuid, NotFound, raise, type Caller } from '@virga/kernel';
import { Database, type Fragment } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { SchedulingRepository, type Explanation } from '../scheduling/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { VolumeAccess } from './volume-access.js';
import { VolumeDetailsRepository, type VolumeDetails, type VolumePage, type VolumeReferenceRow, type VolumeSummary } from './volume-details.repository.js';
import { volumeConditions, wantsCount } from './listing/volume-filters.js';
import { pageOf, sortColumns, type ListQuery } from './listing/volume-order.js';
import type { Volume } from './volume.js';

/** A part of the volumes, and whether there may be more after it. */
export interface Listed<Entry> {
  volumes: Entry[];
  isFull: boolean;
  /** Of all pages; only where it was asked for. */
  count: number | undefined;
}

export interface Listing {
  query: ListQuery;
  version: VersionNumber;
}

class NotScheduled extends NotFound {
  constructor(id: string) {
    super('block-storage.volume.not-scheduled', `No backend has been looked for yet for volume ${id}.`);
  }
}

/** Reads volumes. */
@Injectable()
export class VolumesService {
  constructor(
    private readonly db: Database,
    private readonly details: VolumeDetailsRepository,
    private readonly scheduling: SchedulingRepository,
    private readonly access: VolumeAccess,
    private readonly policy: Policy,
  ) {}

  async references(caller: Caller, listing: Listing): Promise<Listed<VolumeReferenceRow>> {
    const page = await this.page(caller, listing);
    return this.listed(await this.details.referencePage(this.db, page), page, listing);
  }

  async detailed(caller: Caller, listing: Listing): Promise<Listed<VolumeDetails>> {
    const page = await this.page(caller, listing);
    return this.listed(await this.details.page(this.db, page), page, listing);
  }

  /** Why the volume is where it is; backends only for those who may see a volume's. */
  async explanation(caller: Caller, id: string): Promise<{ volume: Volume; decidedAt: Date; explanation: Explanation; showsBackends: boolean }> {
    const volume = await this.access.require(caller, contract.showVolumePlacement.policy, id);
    const decision = await this.scheduling.findDecision(this.db, volume.id) ?? raise(new NotScheduled(volume.id));
    return { volume, ...decision, showsBackends: this.policy.allows(caller, contract.showVolumeHost, { project_id: volume.projectId }) };
  }

  /** How many volumes there are, and how large they are together; only the project, or all projects, can be chosen. */
  async summary(caller: Caller, { query, version }: Listing): Promise<VolumeSummary> {
    this.policy.require(caller, contract.listVolumes.policy, { project_id: caller.projectId, user_id: caller.userId });
    const { all_tenants: allTenants } = query;
    return this.details.summary(this.db, this.conditions(caller, { query: { ...(allTenants !== undefined && { all_tenants: allTenants }) }, version }));
  }

  private conditions(caller: Caller, { query, version }: Listing): Fragment[] {
    return volumeConditions(query, { version, isAdmin: this.policy.allows(caller, contextIsAdmin), projectId: caller.projectId });
  }

  private async page(caller: Caller, { query, version }: Listing): Promise<VolumePage> {
    this.policy.require(caller, contract.listVolumes.policy, { project_id: caller.projectId, user_id: caller.userId });
    const { limit, offset, marker, ...order } = pageOf(query);
    if (marker !== undefined && !(isUuid(marker) && (await this.details.exists(this.db, marker)))) throw new MarkerUnknown(marker);
    const where = this.conditions(caller, { query, version });
    return { where, sort: sortColumns({ limit, offset, ...order }), limit, offset, marker };
  }

  private async listed<Entry>(volumes: Entry[], { limit, where }: VolumePage, { query, version }: Listing): Promise<Listed<Entry>> {
    const isCounted = wantsCount(query, version);
    return { volumes, isFull: volumes.length === limit && limit > 0, count: isCounted ? await this.details.count(this.db, where) : undefined };
  }
}
