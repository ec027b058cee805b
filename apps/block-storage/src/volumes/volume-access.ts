import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { contextIsAdmin, volumes as contract } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy, type Target } from '@virga/policy';
import { VolumeDetailsRepository, type VolumeDetails } from './volume-details.repository.js';
import { VolumeUnknown, type Volume } from './volume.js';
import type { Visibility } from './volumes.views.js';
import { VolumesRepository } from './volumes.repository.js';

/** What rules are asked about a volume. */
export function targetOf({ projectId, userId }: Pick<Volume, 'projectId' | 'userId'>): Target {
  return { project_id: projectId, user_id: userId };
}

/** Finds volumes for those who may know of them: a volume of another project does not exist for anyone but administrators. */
@Injectable()
export class VolumeAccess {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly details: VolumeDetailsRepository,
    private readonly policy: Policy,
  ) {}

  /** The volume, if the caller may do this to it; throws `VolumeUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string): Promise<Volume> {
    return this.checked(caller, rule, id, await this.volumes.find(this.db, id));
  }

  /** The same with what replies show beside it. */
  async requireDetails(caller: Caller, rule: PolicyRule, id: string, db: Reader = this.db): Promise<VolumeDetails> {
    const { id: found } = await this.require(caller, rule, id);
    return this.checked(caller, rule, id, await this.details.find(db, found));
  }

  /** What of volumes the caller may see. */
  visibility(caller: Caller, target: Target = { project_id: caller.projectId }): Visibility {
    return {
      tenant: this.policy.allows(caller, contract.showVolumeTenant, target), host: this.policy.allows(caller, contract.showVolumeHost, target),
      migration: this.policy.allows(caller, contract.showVolumeMigration, target), imageMetadata: this.policy.allows(caller, contract.showVolumeImageMetadata, target),
    };
  }

  // The rules are asked even where there is nothing: both answers look the same, and a rule was consulted.
  private checked<Found extends Volume>(caller: Caller, rule: PolicyRule, id: string, volume: Found | undefined): Found {
    const isSeen = volume !== undefined && volume.status !== 'deleted' && (volume.projectId === caller.projectId || this.policy.allows(caller, contextIsAdmin));
    this.policy.require(caller, rule, volume === undefined ? {} : targetOf(volume), isSeen ? undefined : () => new VolumeUnknown(id));
    if (!isSeen) throw new VolumeUnknown(id);
    return volume;
  }
}
