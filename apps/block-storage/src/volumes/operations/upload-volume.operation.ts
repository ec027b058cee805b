import { Injectable } from '@nestjs/common';
import { uploadVolume } from '@virga/contracts-block-storage';
import { Conflict, minutes, Unavailable, type Duration, type Fault, type VolumeId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { StorageCommands } from '../../backends/index.js';
import { ImageUploads, type ImageWish } from '../../images/index.js';
import { COMMAND_PATIENCE, isOverdue, ObservationsRepository, requireNotRefused, taskFact } from '../../reports/index.js';
import { HostPatience } from '../host-patience.js';
import { requireBackend } from '../volume-build.js';
import { faultAt, type VolumeFault } from '../volume.js';
import { VolumesRepository } from '../volumes.repository.js';

interface UploadParams {
  volumeId: VolumeId;
  image: ImageWish;
  diskFormat: 'raw' | 'qcow2';
}

/** The generation of the host's task: an image is written once. */
const TASK_GENERATION = 1;

/** The storage host could not write the image. */
class UploadFailed extends Conflict {
  constructor({ code, message }: { code: string | null; message: string | null }) {
    super('block-storage.image.upload-failed', message ?? 'The volume could not be written as an image.', { details: { reason: code } });
  }
}

/**
 * Makes an image of a volume that nobody has attached.
 *
 * Theory of operation. The image is made first, without bytes, under an id chosen by the request; then the volume's host writes it with a
 * ticket, as a task named after the image. Telling the host again lets it go on, or say again how it ended. The volume is never changed, so
 * however this ends it has its former status again. If it fails the image is taken back, which also ends what a host may still be writing:
 * the image service refuses the rest. Where the image service cannot be reached until the grace is over, an image without bytes is left,
 * which its owner sees and can delete.
 */
@Injectable()
export class UploadVolume extends Operation<UploadParams, { requestedAt: number }> {
  readonly kind = 'volume.upload';
  readonly version = 1;
  /** Too short: large volumes are never uploaded. Too long: users of a dead host wait for nothing, their volume locked. */
  readonly deadline: Duration = minutes(360);
  readonly steps = [
    step('prepare-image', (run: Run<this>) => this.prepareImage(run)),
    step('request-upload', (run: Run<this>) => this.requestUpload(run)),
    step('await-upload', (run: Run<this>) => this.awaitUpload(run)),
  ];

  constructor(
    private readonly volumes: VolumesRepository,
    private readonly images: ImageUploads,
    private readonly observations: ObservationsRepository,
    private readonly commands: StorageCommands,
    private readonly patience: HostPatience,
  ) {
    super();
  }

  private async prepareImage(run: Run<this>): Promise<Outcome> {
    await this.images.prepare(run.params.image, { signal: run.signal, idempotencyKey: run.idempotencyKey() });
    return done();
  }

  private async requestUpload(run: Run<this>): Promise<Outcome> {
    await this.send(run);
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitUpload(run: Run<this>): Promise<Outcome> {
    const { volumeId, image: { imageId } } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    const task = await this.observations.ofTask(run.db, imageId);
    if (task?.state === 'failed') throw new UploadFailed(task);
    if (task?.state === 'done') return this.conclude(run);
    const hasFailed = requireNotRefused(await this.observations.failure(run.db, imageId, requireBackend(volume)), TASK_GENERATION);
    await this.patience.requireAlive(run.db, requireBackend(volume));
    if (isOverdue(run.clock, run.outputs.requestedAt, hasFailed)) await this.send(run);
    return park({ until: taskFact(imageId), atMost: COMMAND_PATIENCE });
  }

  async abandon(run: Run<this>, reason: Fault): Promise<Outcome> {
    try {
      await this.images.abandon(run.params.image, { signal: run.signal, idempotencyKey: run.idempotencyKey('abandon') });
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      if (!run.graceIsOver) return park({ until: taskFact(run.params.image.imageId), atMost: COMMAND_PATIENCE });
    }
    return this.conclude(run, faultAt(run.clock.now(), reason));
  }

  private conclude(run: Run<this>, passingFault?: VolumeFault): Outcome {
    return finish(async (tx) => {
      const volume = await this.volumes.lock(tx, run.params.volumeId);
      await this.volumes.become(tx, volume, volume.previousStatus ?? 'available', { previousStatus: null, ...(passingFault && { passingFault }) });
      await this.observations.forgetTask(tx, run.params.image.imageId);
    });
  }

  private async send(run: Run<this>): Promise<void> {
    const { volumeId, image: { imageId }, diskFormat } = run.params;
    const volume = await this.volumes.get(run.db, volumeId);
    await run.transaction((tx) => this.commands.send(tx, requireBackend(volume), uploadVolume, {
      taskId: imageId, generation: TASK_GENERATION, volumeId, keyId: volume.keyId, imageId, diskFormat, ticket: this.images.ticket(imageId),
    }));
  }
}
