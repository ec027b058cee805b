import { Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import { describeVolumes, ensureVolumeFor, releaseVolumes } from '@virga/contracts-block-storage';
import { Invalid, isUuid, newRequestId, Unavailable, type VolumeId } from '@virga/kernel';
import { answer, type Answerer } from '@virga/messaging';
import { Database } from '@virga/persistence';
import { CallAnswers } from '../calls/index.js';
import { CreateVolumes } from './create-volumes.js';
import { VolumeChanges } from './volume-changes.js';
import { factOf } from './volume-events.js';
import type { VolumeWish, WishedSource } from './volume-wish.js';
import { isMoving, VolumeUnknown } from './volume.js';
import { VolumesRepository } from './volumes.repository.js';
import { WishCheck } from './wish-check.js';

/** Nobody uses it any more, and it goes as soon as what has moved it knows that. */
class VolumeMoves extends Unavailable {
  constructor(id: string) {
    super('block-storage.volume.moves', `Volume ${id} is being migrated.`);
  }
}

/** What compute asks about volumes: it has authorized its caller; whose volumes they are is ours to know. */
@Injectable()
export class VolumeCalls extends CallAnswers {
  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly check: WishCheck,
    private readonly creation: CreateVolumes,
    private readonly changes: VolumeChanges,
  ) {
    super();
  }

  answerers(): readonly Answerer[] {
    return [
      answer(describeVolumes, (request) => this.describe(request)),
      answer(ensureVolumeFor, (request, { requestId, signal }) => this.ensure(request, requestId, signal)),
      answer(releaseVolumes, (request, { requestId }) => this.release(request, requestId)),
    ];
  }

  private async describe({ projectId, isAdmin, volumeIds }: CallRequest<typeof describeVolumes>): Promise<CallReply<typeof describeVolumes>> {
    const found = new Map((await this.volumes.byIds(this.db, volumeIds)).map((volume) => [volume.id as string, volume]));
    return {
      volumes: volumeIds.map((id) => {
        const volume = found.get(id);
        if (volume === undefined || volume.status === 'deleted' || !(isAdmin || volume.projectId === projectId)) throw new VolumeUnknown(id);
        return factOf(volume);
      }),
    };
  }

  /** The asker chose the id, so that asking again finds what was made; another project's volume of that id is none of its business. */
  private async ensure(request: CallRequest<typeof ensureVolumeFor>, requestId: string, signal: AbortSignal): Promise<CallReply<typeof ensureVolumeFor>> {
    const { volumeId, projectId, userId, isAdmin } = request;
    if (!isUuid(volumeId)) throw new Invalid('block-storage.volume.id', 'A volume\'s id is a UUID.');
    const known = await this.volumes.find(this.db, volumeId);
    if (known !== undefined && known.projectId !== projectId) throw new VolumeUnknown(volumeId);
    if (known !== undefined) return factOf(known);
    const asker = { projectId, userId, isAdmin };
    const checked = await this.check.check(asker, wishFor(request), signal);
    return factOf(await this.db.transaction(async (tx) => {
      await this.volumes.reserveId(tx, volumeId);
      return (await this.volumes.find(tx, volumeId)) ?? this.creation.accept(tx, asker, checked, { id: volumeId as VolumeId, by: { requestId, userId, projectId } });
    }));
  }

  /** One transaction for each: a volume that cannot go (somebody made a snapshot of it) does not keep the others. */
  private async release({ volumeIds }: CallRequest<typeof releaseVolumes>, requestId: string): Promise<CallReply<typeof releaseVolumes>> {
    for (const id of volumeIds) {
      await this.db.transaction(async (tx) => {
        const volume = await this.volumes.find(tx, id);
        if (volume === undefined || volume.status === 'deleted' || volume.status === 'deleting') return;
        if (isMoving(volume)) throw new VolumeMoves(id);
        await this.changes.startDelete(tx, await this.volumes.lock(tx, id), { isCascading: false, isForced: true }, { requestId: requestId || newRequestId() });
      });
    }
    return {};
  }
}

function wishFor({ name, sizeGibibytes, volumeType, availabilityZone, source }: CallRequest<typeof ensureVolumeFor>): VolumeWish {
  return {
    name, description: '', sizeGibibytes, volumeType: volumeType ?? undefined, zone: availabilityZone ?? undefined, metadata: {}, source: source as WishedSource,
    isMultiattach: false, hints: { sameHost: [], differentHost: [] },
  };
}
