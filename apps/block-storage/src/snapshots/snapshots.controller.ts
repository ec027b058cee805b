import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { snapshots } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { SnapshotAccess } from './snapshot-access.js';
import { snapshotEdit, snapshotWish } from './snapshot-input.js';
import { snapshotListing } from './snapshot-listing.js';
import { SnapshotsService } from './snapshots.service.js';
import { extendedSnapshot, snapshotDetail, snapshotSummary } from './snapshots.views.js';

@Controller()
export class SnapshotsController {
  constructor(private readonly snapshots: SnapshotsService, private readonly access: SnapshotAccess) {}

  @Endpoint(snapshots.listSnapshots)
  async list(input: InputOf<typeof snapshots.listSnapshots>): Promise<OutputOf<typeof snapshots.listSnapshots>> {
    const listed = await this.snapshots.list(input.caller, snapshotListing(input.query, input.version, this.snapshots.isAdmin(input.caller)));
    return { snapshots: listed.snapshots.map(snapshotSummary), ...around(listed, input) };
  }

  @Endpoint(snapshots.listSnapshotDetails)
  async listDetails(input: InputOf<typeof snapshots.listSnapshotDetails>): Promise<OutputOf<typeof snapshots.listSnapshotDetails>> {
    const listed = await this.snapshots.list(input.caller, snapshotListing(input.query, input.version, this.snapshots.isAdmin(input.caller)));
    const visibility = { showsExtended: this.access.showsExtended(input.caller) };
    return { snapshots: listed.snapshots.map((snapshot) => extendedSnapshot(snapshot, visibility)), ...around(listed, input) };
  }

  @Endpoint(snapshots.createSnapshot)
  async create({ caller, body, version }: InputOf<typeof snapshots.createSnapshot>): Promise<OutputOf<typeof snapshots.createSnapshot>> {
    return { snapshot: snapshotDetail(await this.snapshots.create(caller, snapshotWish(body, version))) };
  }

  @Endpoint(snapshots.showSnapshot)
  async show({ caller, params }: InputOf<typeof snapshots.showSnapshot>): Promise<OutputOf<typeof snapshots.showSnapshot>> {
    const snapshot = await this.snapshots.get(caller, params['snapshot_id'] as string);
    return { snapshot: extendedSnapshot(snapshot, { showsExtended: this.access.showsExtended(caller, snapshot) }) };
  }

  @Endpoint(snapshots.updateSnapshot)
  async update({ caller, params, body }: InputOf<typeof snapshots.updateSnapshot>): Promise<OutputOf<typeof snapshots.updateSnapshot>> {
    return { snapshot: snapshotDetail(await this.snapshots.update(caller, params['snapshot_id'] as string, snapshotEdit(body))) };
  }

  @Endpoint(snapshots.deleteSnapshot)
  async delete({ caller, params }: InputOf<typeof snapshots.deleteSnapshot>): Promise<OutputOf<typeof snapshots.deleteSnapshot>> {
    await this.snapshots.delete(caller, params['snapshot_id'] as string);
  }
}

type Listed = Awaited<ReturnType<SnapshotsService['list']>>;

/** The link to the next page, and how many there are. */
function around({ snapshots: found, isFull, count }: Listed, { request, caller }: Pick<InputOf<typeof snapshots.listSnapshots>, 'request' | 'caller'>): object {
  return { ...nextLinks('snapshots_links', request, caller, { isFull, last: found.at(-1)?.id }), ...(count !== undefined && { count }) };
}
