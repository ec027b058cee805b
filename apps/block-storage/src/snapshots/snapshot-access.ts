import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { snapshots as contract } from '@virga/contracts-block-storage';
import { raise, type Caller } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { SnapshotUnknown } from './snapshot-faults.js';
import { SnapshotsRepository } from './snapshots.repository.js';
import type { Snapshot } from './snapshot.js';

/** Finds snapshots for those who may know of them: one of another project does not exist for anyone but administrators. */
@Injectable()
export class SnapshotAccess {
  constructor(private readonly db: Database, private readonly snapshots: SnapshotsRepository, private readonly policy: Policy) {}

  /** The snapshot, if the caller may do this to it; throws `SnapshotUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string, reader: Reader = this.db): Promise<Snapshot> {
    const snapshot = (await this.snapshots.find(reader, id)) ?? raise(new SnapshotUnknown(id));
    const isForeign = caller.projectId !== snapshot.projectId;
    this.policy.require(caller, rule, targetOf(snapshot), isForeign ? () => new SnapshotUnknown(id) : undefined);
    return snapshot;
  }

  /** Whether replies show the caller project and progress. */
  showsExtended(caller: Caller, snapshot?: Snapshot): boolean {
    return this.policy.allows(caller, contract.extendedSnapshotRule, snapshot === undefined ? { project_id: caller.projectId } : targetOf(snapshot));
  }
}

function targetOf({ projectId, userId }: Snapshot): { project_id: string; user_id: string } {
  return { project_id: projectId, user_id: userId };
}
