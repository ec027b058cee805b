import { Injectable } from '@nestjs/common';
import { Conflict, minutes, publicFault, seconds, type Duration, type Fault } from '@virga/kernel';
import { finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { groupFact, VolumesRepository, type Volume } from '../../volumes/index.js';
import { GroupsRepository } from '../groups.repository.js';

/** One of the group's volumes could not be deleted; the volume says why. */
class VolumeStays extends Conflict {
  constructor({ id, fault }: Volume) {
    super('block-storage.group.volume-stays', `Volume ${id} could not be deleted: ${fault?.message ?? 'its backend did not let it go.'}`);
  }
}

/** How often volumes are looked at though none has told of a change. */
const PATIENCE: Duration = seconds(15);

/**
 * Makes a group not exist, after its volumes.
 *
 * Theory of operation. The request has begun to delete all volumes in the transaction that began this: each goes by itself within its own
 * deadline. This operation only looks, and removes the group's row when no volume is left. Where a volume stays (its backend will not let it go)
 * the group is in `error` with the reason, and can be deleted again.
 */
@Injectable()
export class DeleteGroup extends Operation<{ groupId: string }> {
  readonly kind = 'group.delete';
  readonly version = 1;
  /** Longer than a volume's deletion may take with its grace. */
  readonly deadline: Duration = minutes(5);
  readonly steps = [step('await-volumes', (run: Run<this>) => this.await(run))];

  constructor(private readonly groups: GroupsRepository, private readonly volumes: VolumesRepository) {
    super();
  }

  private async await(run: Run<this>): Promise<Outcome> {
    const { groupId } = run.params;
    const left = await this.left(run);
    const stays = left.find(({ status }) => status !== 'deleting');
    if (stays !== undefined) throw new VolumeStays(stays);
    return left.length === 0 ? finish((tx) => this.groups.delete(tx, groupId)) : park({ until: groupFact(groupId), atMost: PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    const { groupId } = run.params;
    if ((await this.left(run)).length === 0) return finish((tx) => this.groups.delete(tx, groupId), 'succeeded');
    return finish(async (tx) => this.groups.become(tx, await this.groups.lock(tx, groupId), 'error', { fault: publicFault(reason) }));
  }

  private async left({ db, params }: Run<this>): Promise<Volume[]> {
    const ids = (await this.groups.volumesIn(db, [params.groupId])).get(params.groupId) ?? [];
    return this.volumes.byIds(db, ids);
  }
}
