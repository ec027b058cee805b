import { Injectable } from '@nestjs/common';
import type { VersionNumber } from '@virga/contract';
import { contextIsAdmin, volumes as contract } from '@virga/contracts-block-storage';
import { isUuid, NotFound, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { SchedulingRepository, type Explanation } from '../scheduling/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { VolumeAccess } from './volume-access.js';
import { VolumeDetailsRepository, type VolumeDetails, type VolumePage, type VolumeReferenceRow } from './volume-details.repository.js';
import { conditionsOf, pageOf, sortColumns, wantsAllTenants, type ListQuery } from './volume-filters.js';
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

  private async page(caller: Caller, { query }: Listing): Promise<VolumePage> {
    this.policy.require(caller, contract.listVolumes.policy, { project_id: caller.projectId, user_id: caller.userId });
    const { limit, offset, marker, ...order } = pageOf(query);
    // Who may not see all projects' volumes sees its own: the parameter is ignored.
    const seesAll = wantsAllTenants(query) && this.policy.allows(caller, contextIsAdmin);
    if (marker !== undefined && !(isUuid(marker) && (await this.details.exists(this.db, marker)))) throw new MarkerUnknown(marker);
    const where = conditionsOf(query, { project: seesAll ? undefined : caller.projectId ?? '' });
    return { where, sort: sortColumns({ limit, offset, ...order }), limit, offset, marker };
  }

  private async listed<Entry>(volumes: Entry[], { limit, where }: VolumePage, { query }: Listing): Promise<Listed<Entry>> {
    const wantsCount = ['true', '1'].includes(String([query['with_count']].flat()[0]).toLowerCase());
    return { volumes, isFull: volumes.length === limit && limit > 0, count: wantsCount ? await this.details.count(this.db, where) : undefined };
  }
}
