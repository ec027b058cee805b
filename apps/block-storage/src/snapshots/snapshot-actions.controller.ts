import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { snapshotActions as actions } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { backendAsked, manageableDetail, manageablePage, manageableSummary, manageWish } from './manageable-snapshots.views.js';
import { ManagedSnapshots } from './managed-snapshots.service.js';
import { SnapshotActions } from './snapshot-actions.service.js';
import { statusReport } from './snapshot-input.js';
import { snapshotSummary } from './snapshots.views.js';

type Listing = Pick<InputOf<typeof actions.listManageableSnapshots>, 'caller' | 'query'>;
const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['snapshot_id'] as string;

@Controller()
export class SnapshotActionsController {
  constructor(private readonly actions: SnapshotActions, private readonly managed: ManagedSnapshots) {}

  @Endpoint(actions.resetSnapshotStatus)
  async resetStatus(input: InputOf<typeof actions.resetSnapshotStatus>): Promise<OutputOf<typeof actions.resetSnapshotStatus>> {
    await this.actions.resetStatus(input.caller, idOf(input), input.body['os-reset_status'].status);
  }

  @Endpoint(actions.forceDeleteSnapshot)
  async forceDelete(input: InputOf<typeof actions.forceDeleteSnapshot>): Promise<OutputOf<typeof actions.forceDeleteSnapshot>> {
    await this.actions.forceDelete(input.caller, idOf(input));
  }

  @Endpoint(actions.updateSnapshotStatus)
  async updateStatus(input: InputOf<typeof actions.updateSnapshotStatus>): Promise<OutputOf<typeof actions.updateSnapshotStatus>> {
    await this.actions.updateStatus(input.caller, idOf(input), statusReport(input.body));
  }

  @Endpoint(actions.unmanageSnapshot)
  async unmanage(input: InputOf<typeof actions.unmanageSnapshot>): Promise<OutputOf<typeof actions.unmanageSnapshot>> {
    await this.managed.unmanage(input.caller, idOf(input));
  }

  @Endpoint(actions.manageSnapshot)
  async manage({ caller, body }: InputOf<typeof actions.manageSnapshot>): Promise<OutputOf<typeof actions.manageSnapshot>> {
    return { snapshot: snapshotSummary(await this.managed.manage(caller, manageWish(body))) };
  }

  @Endpoint(actions.manageSnapshotOldPath)
  manageOldPath(input: InputOf<typeof actions.manageSnapshotOldPath>): Promise<OutputOf<typeof actions.manageSnapshotOldPath>> {
    return this.manage(input);
  }

  @Endpoint(actions.listManageableSnapshots)
  async list({ caller, query }: Listing): Promise<OutputOf<typeof actions.listManageableSnapshots>> {
    return { 'manageable-snapshots': manageablePage(await this.managed.list(caller, () => backendAsked(query)), query).map(manageableSummary) };
  }

  @Endpoint(actions.listManageableSnapshotDetails)
  async listDetails({ caller, query }: Listing): Promise<OutputOf<typeof actions.listManageableSnapshotDetails>> {
    return { 'manageable-snapshots': manageablePage(await this.managed.list(caller, () => backendAsked(query)), query).map(manageableDetail) };
  }

  @Endpoint(actions.listManageableSnapshotsOldPath)
  listOldPath(input: InputOf<typeof actions.listManageableSnapshotsOldPath>): Promise<OutputOf<typeof actions.listManageableSnapshotsOldPath>> {
    return this.list(input);
  }

  @Endpoint(actions.listManageableSnapshotDetailsOldPath)
  listDetailsOldPath(input: InputOf<typeof actions.listManageableSnapshotDetailsOldPath>): Promise<OutputOf<typeof actions.listManageableSnapshotDetailsOldPath>> {
    return this.listDetails(input);
  }
}
