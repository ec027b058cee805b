import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { backups as contract, contextIsAdmin } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BackupUnknown } from './backup.js';
import { BackupsRepository, type BackupDetails } from './backups.repository.js';

/** Finds backups for those who may know of them: another project's does not exist for anyone but administrators. */
@Injectable()
export class BackupAccess {
  constructor(private readonly db: Database, private readonly backups: BackupsRepository, private readonly policy: Policy) {}

  /** The backup, if the caller may do this to it; throws `BackupUnknown` and `Forbidden`. */
  async require(caller: Caller, rule: PolicyRule, id: string): Promise<BackupDetails> {
    const backup = await this.backups.details(this.db, id);
    const isSeen = backup !== undefined && (backup.projectId === caller.projectId || this.policy.allows(caller, contextIsAdmin));
    // The rule is asked even where there is nothing: both answers look the same, and a rule was consulted.
    const target = backup === undefined ? {} : { project_id: backup.projectId, user_id: backup.userId };
    this.policy.require(caller, rule, target, isSeen ? undefined : () => new BackupUnknown(id));
    if (!isSeen) throw new BackupUnknown(id);
    return backup;
  }

  showsProject(caller: Caller, projectId = caller.projectId): boolean {
    return this.policy.allows(caller, contract.showBackupProject, { project_id: projectId });
  }
}
