import { Injectable } from '@nestjs/common';
import { isTrue } from '@virga/contract';
import { backups as contract, contextIsAdmin } from '@virga/contracts-block-storage';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { MarkerUnknown } from '../wire/index.js';
import { BackupAccess } from './backup-access.js';
import { backupConditions, backupOrder, backupPageOf, isForAllProjects, type BackupQuery } from './backup-filters.js';
import type { Backup } from './backup.js';
import { BackupsRepository, type BackupChange, type BackupDetails } from './backups.repository.js';

/** A part of the backups, and whether there may be more after it. */
export interface ListedBackups {
  backups: BackupDetails[];
  isFull: boolean;
  /** Of all pages; only where it was asked for. */
  count: number | undefined;
}

/** Reads backups, and changes what is said of them. */
@Injectable()
export class BackupsService {
  constructor(
    private readonly db: Database,
    private readonly backups: BackupsRepository,
    private readonly access: BackupAccess,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, query: BackupQuery): Promise<ListedBackups> {
    this.policy.require(caller, contract.listBackups.policy, { project_id: caller.projectId, user_id: caller.userId });
    const page = backupPageOf(query);
    const { marker } = page;
    if (marker !== undefined && await this.backups.details(this.db, marker) === undefined) throw new MarkerUnknown(marker);
    // Who may not see all projects' backups sees its own: the parameter is ignored.
    const seesAll = isForAllProjects(query) && this.policy.allows(caller, contextIsAdmin);
    const where = backupConditions(query, seesAll ? undefined : caller.projectId ?? '');
    const backups = await this.backups.page(this.db, { where, sort: backupOrder(page), limit: page.limit, offset: page.offset, marker });
    const isCounted = isTrue([query['with_count']].flat()[0] as string | undefined) === true;
    return { backups, isFull: page.limit > 0 && backups.length === page.limit, count: isCounted ? await this.backups.count(this.db, where) : undefined };
  }

  async update(caller: Caller, id: string, change: Pick<BackupChange, 'name' | 'description' | 'metadata'>): Promise<Backup> {
    const found = await this.access.require(caller, contract.updateBackup.policy, id);
    return this.db.transaction(async (tx) => this.backups.edit(tx, await this.backups.lock(tx, found.id), change));
  }
}
