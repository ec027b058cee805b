import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { groupSnapshots as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { GroupSnapshotsService } from './group-snapshots.service.js';
import { groupSnapshotListing, groupSnapshotReference, groupSnapshotView, groupSnapshotWish } from './group-snapshots.views.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['group_snapshot_id'] as string;

@Controller()
export class GroupSnapshotsController {
  constructor(private readonly groupSnapshots: GroupSnapshotsService) {}

  @Endpoint(contract.listGroupSnapshots)
  async list({ caller, query, version, request }: InputOf<typeof contract.listGroupSnapshots>): Promise<OutputOf<typeof contract.listGroupSnapshots>> {
    const { groupSnapshots: found, isFull } = await this.groupSnapshots.list(caller, groupSnapshotListing(query, version, this.groupSnapshots.isAdmin(caller)));
    return { group_snapshots: found.map(groupSnapshotReference), ...nextLinks('group_snapshot_links', request, caller, { isFull, last: found.at(-1)?.id }) };
  }

  @Endpoint(contract.listGroupSnapshotDetails)
  async listDetails(
    { caller, query, version, request }: InputOf<typeof contract.listGroupSnapshotDetails>,
  ): Promise<OutputOf<typeof contract.listGroupSnapshotDetails>> {
    const { groupSnapshots: found, isFull } = await this.groupSnapshots.list(caller, groupSnapshotListing(query, version, this.groupSnapshots.isAdmin(caller)));
    const visibility = { showsProject: this.groupSnapshots.showsProject(caller) };
    return {
      group_snapshots: found.map((snapshot) => groupSnapshotView(snapshot, visibility)),
      ...nextLinks('group_snapshot_links', request, caller, { isFull, last: found.at(-1)?.id }),
    };
  }

  @Endpoint(contract.showGroupSnapshot)
  async show(input: InputOf<typeof contract.showGroupSnapshot>): Promise<OutputOf<typeof contract.showGroupSnapshot>> {
    const found = await this.groupSnapshots.get(input.caller, idOf(input));
    return { group_snapshot: groupSnapshotView(found, { showsProject: this.groupSnapshots.showsProject(input.caller) }) };
  }

  @Endpoint(contract.createGroupSnapshot)
  async create({ caller, body }: InputOf<typeof contract.createGroupSnapshot>): Promise<OutputOf<typeof contract.createGroupSnapshot>> {
    const made = await this.groupSnapshots.create(caller, groupSnapshotWish(body));
    return { group_snapshot: { ...groupSnapshotReference(made), group_type_id: made.groupTypeId } };
  }

  @Endpoint(contract.deleteGroupSnapshot)
  async delete(input: InputOf<typeof contract.deleteGroupSnapshot>): Promise<OutputOf<typeof contract.deleteGroupSnapshot>> {
    await this.groupSnapshots.delete(input.caller, idOf(input));
  }

  @Endpoint(contract.resetGroupSnapshotStatus)
  async resetStatus(input: InputOf<typeof contract.resetGroupSnapshotStatus>): Promise<OutputOf<typeof contract.resetGroupSnapshotStatus>> {
    await this.groupSnapshots.resetStatus(input.caller, idOf(input), input.body.reset_status.status);
  }
}
