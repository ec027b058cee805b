import { Injectable } from '@nestjs/common';
import { Conflict, minutes, seconds, Unavailable, type Duration, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { volumesOf } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { ImageCalls } from '../images/index.js';
import { ServersRepository } from '../servers/index.js';
import { EmptyImages } from './empty-images.js';

export interface SnapshotWish {
  id: string;
  volumeId: string;
  name: string;
}

interface ImageParams {
  serverId: ServerId;
  imageId: string;
  imageProjectId: string;
  userId: string;
  snapshots: SnapshotWish[];
}

class SnapshotFailed extends Conflict {
  constructor(id: string) {
    super('compute.volume.snapshot-failed', `Snapshot ${id} of one of the server's volumes could not be made.`);
  }
}

/**
 * Makes an image of a server that boots from a volume.
 *
 * Theory of operation. The image was prepared before this starts; it names snapshots whose ids were chosen then. They are taken of
 * all volumes at one point in time, and when they are there the image becomes active: a server never boots from one that names what
 * is not there. Each step may be repeated. If it cannot be done the image goes; snapshots that were made stay, for their owner
 * to look at, as Nova leaves them. The server itself is never changed.
 */
@Injectable()
export class CreateServerImage extends Operation<ImageParams> {
  readonly kind = 'server.create-image';
  readonly version = 1;
  readonly deadline: Duration = minutes(15);
  override readonly grace: Duration = minutes(1);
  readonly steps = [
    step('snapshot-volumes', (run: Run<this>) => this.snapshot(run)),
    step('activate-image', (run: Run<this>) => this.activate(run)),
  ];

  constructor(
    private readonly servers: ServersRepository,
    private readonly storage: BlockStorageCalls,
    private readonly images: ImageCalls,
    private readonly empty: EmptyImages,
  ) {
    super();
  }

  private async snapshot(run: Run<this>): Promise<Outcome> {
    const { serverId, userId, snapshots } = run.params;
    const { projectId } = await this.servers.get(run.db, serverId);
    const taken = await this.storage.ensureSnapshots({ projectId, isAdmin: true, userId, snapshots }, { signal: run.signal });
    for (const { id, status } of taken) if (status.startsWith('error')) throw new SnapshotFailed(id);
    return taken.every(({ status }) => status === 'available') ? done() : park({ until: volumesOf(serverId), atMost: seconds(5) });
  }

  private async activate(run: Run<this>): Promise<Outcome> {
    await this.empty.activate(run.params.imageId, run.signal);
    return this.settle(run);
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const { imageId, imageProjectId: projectId } = run.params;
    await this.images.abandon({ imageId, projectId }, run.signal).catch((error: unknown) => {
      // An image service that stays away keeps an image without bytes, which its owner can delete.
      if (!(error instanceof Unavailable && run.graceIsOver)) throw error;
    });
    return this.settle(run);
  }

  private async settle(run: Run<this>): Promise<Outcome> {
    const server = await this.servers.get(run.db, run.params.serverId);
    return finish((tx) => this.servers.become(tx, server, server.state));
  }
}
