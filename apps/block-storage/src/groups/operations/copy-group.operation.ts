import { Injectable } from '@nestjs/common';
import { Conflict, minutes, publicFault, seconds, type Duration, type Fault } from '@virga/kernel';
import { finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { groupFact, VolumesRepository } from '../../volumes/index.js';
import { GroupsRepository } from '../groups.repository.js';

/** One of the group's volumes could not be made; the volume says why. */
class CopyFailed extends Conflict {
  constructor(volume: { id: string; fault: { message: string } | null }) {
    super('block-storage.group.copy-failed', `Volume ${volume.id} could not be made: ${volume.fault?.message ?? 'its status is error.'}`);
  }
}

/** How often volumes are looked at though none has told of a change. */
const PATIENCE: Duration = seconds(15);

/**
 * Waits until all volumes of a group that was made from another one, or from a group snapshot, are there.
 *
 * Theory of operation. The request has written the group, its volumes and their own operations in one transaction: each volume makes itself,
 * and ends as `available` or in `error` within its deadline, whatever becomes of this process. So this operation only looks; it is over when no
 * volume is being made any more. If one failed, the group is in `error` and keeps what was made, so that its owner can look, and delete it.
 */
@Injectable()
export class CopyGroup extends Operation<{ groupId: string; volumeIds: string[] }> {
  readonly kind = 'group.copy';
  readonly version = 1;
  /** Longer than a volume's own: the group says what became of its volumes. */
  readonly deadline: Duration = minutes(40);
  readonly steps = [step('await-volumes', (run: Run<this>) => this.await(run))];

  constructor(private readonly groups: GroupsRepository, private readonly volumes: VolumesRepository) {
    super();
  }

  private async await(run: Run<this>): Promise<Outcome> {
    const volumes = await this.volumes.byIds(run.db, run.params.volumeIds);
    const failed = volumes.find(({ status }) => status === 'error');
    if (failed !== undefined) throw new CopyFailed(failed);
    if (volumes.some(({ status }) => status === 'creating' || status === 'downloading')) return park({ until: groupFact(run.params.groupId), atMost: PATIENCE });
    return finish(async (tx) => this.groups.become(tx, await this.groups.lock(tx, run.params.groupId), 'available'));
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    return finish(async (tx) => this.groups.become(tx, await this.groups.lock(tx, run.params.groupId), 'error', { fault: publicFault(reason) }));
  }
}
