import { Injectable } from '@nestjs/common';
import { Conflict, hours, minutes, Unavailable, type Duration, type Fault, type ServerId } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { guestReport, GuestsRepository } from '../guests/index.js';
import { HostsRepository, silentBefore } from '../hosts/index.js';
import { ImageCalls } from '../images/index.js';
import { answerOf, COMMAND_PATIENCE, HostCommands, HostRefused, isOverdue, ServersRepository, type Server, type ServerTask } from '../servers/index.js';

interface ImageParams {
  serverId: ServerId;
  imageId: string;
  imageProjectId: string;
  /** With which the host keeps what the disk holds; the upload has the next. */
  generation: number;
}

interface Outputs {
  requestedAt: number;
  uploadRequestedAt: number;
}

/** Its host says nothing: nobody copies or uploads. */
class HostLost extends Conflict {
  constructor() {
    super('compute.server.host-lost', 'The server\'s host does not answer: no image is made.');
  }
}

/**
 * Makes an image of a server that boots from a disk of its host.
 *
 * Theory of operation. The image was prepared before this starts. The host keeps a copy of the disk as it is at one moment, and then uploads it; each is a command
 * with a generation of its own, sent again where it was lost, and the host begins nothing anew that it has finished. An upload whose answer was
 * lost is found by asking whether the image has its bytes. Whatever happens the host is told to keep nothing, and says so, unless it is away: then it
 * finds that among its commands. If it cannot be done the image goes; the server itself is never changed.
 */
@Injectable()
export class CreateDiskImage extends Operation<ImageParams, Outputs> {
  readonly kind = 'server.create-disk-image';
  readonly version = 1;
  /** Too short: large disks are never uploaded. Too long: a server whose host hangs cannot be changed for so long. */
  readonly deadline: Duration = hours(6);
  override readonly grace: Duration = minutes(1);
  readonly steps = [
    step('request-disk-image', (run: Run<this>) => this.requestImage(run)),
    step('await-disk-image', (run: Run<this>) => this.awaitImage(run)),
    step('request-upload', (run: Run<this>) => this.requestUpload(run)),
    step('await-upload', (run: Run<this>) => this.awaitUpload(run)),
    step('discard-disk-image', (run: Run<this>) => this.discard(run)),
  ];

  constructor(
    private readonly servers: ServersRepository,
    private readonly guests: GuestsRepository,
    private readonly hosts: HostsRepository,
    private readonly commands: HostCommands,
    private readonly images: ImageCalls,
  ) {
    super();
  }

  private async requestImage(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    await run.transaction((tx) => this.commands.ensureDiskImage(tx, server, run.params.imageId, run.params.generation));
    return done({ requestedAt: run.clock.now() });
  }

  private async awaitImage(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    const answer = answerOf(server, await this.guests.list(run.db, server.id), run.params.generation);
    if (answer.guest !== undefined) {
      await this.become(run, 'image_pending_upload');
      return done();
    }
    await this.requireHost(run, server);
    if (isOverdue(run.clock, run.outputs.requestedAt, answer)) await run.transaction((tx) => this.commands.ensureDiskImage(tx, server, run.params.imageId, run.params.generation));
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  private async requestUpload(run: Run<this>): Promise<Outcome> {
    const server = await this.become(run, 'image_uploading');
    await run.transaction((tx) => this.commands.uploadDiskImage(tx, server, run.params.imageId, server.generation));
    return done({ uploadRequestedAt: run.clock.now() });
  }

  private async awaitUpload(run: Run<this>): Promise<Outcome> {
    const server = await this.get(run);
    if (await this.isUploaded(run, server)) return done();
    await this.requireHost(run, server);
    if (isOverdue(run.clock, run.outputs.uploadRequestedAt)) await run.transaction((tx) => this.commands.uploadDiskImage(tx, server, run.params.imageId, server.generation));
    return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
  }

  /** Throws `HostRefused` where the image service does not take the bytes, unless that is because it has them. */
  private async isUploaded(run: Run<this>, server: Server): Promise<boolean> {
    try {
      return answerOf(server, await this.guests.list(run.db, server.id), server.generation).guest !== undefined;
    } catch (error) {
      if (error instanceof HostRefused && await this.images.isActive(run.params.imageId, run.params.imageProjectId, run.signal)) return true;
      throw error;
    }
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const { imageId, imageProjectId: projectId } = run.params;
    await this.images.abandon({ imageId, projectId }, run.signal).catch((error: unknown) => {
      // An image service that stays away keeps an image without bytes, which its owner can delete.
      if (!(error instanceof Unavailable && run.graceIsOver)) throw error;
    });
    return this.discard(run);
  }

  /** The host keeps nothing. It is told in a newer generation than it was told to upload, so that no upload begins afterwards. */
  private async discard(run: Run<this>): Promise<Outcome> {
    const server = await this.outdate(run);
    const isDiscarded = await this.isCarriedOut(run, server);
    if (!isDiscarded && !run.graceIsOver && !(await this.isSilent(run, server))) {
      await run.transaction((tx) => this.commands.ensureNoDiskImage(tx, server, run.params.imageId, server.generation));
      return park({ until: guestReport(server.id), atMost: COMMAND_PATIENCE });
    }
    return finish(async (tx) => {
      if (!isDiscarded && server.host !== null) await this.commands.ensureNoDiskImage(tx, server, run.params.imageId, server.generation);
      await this.servers.become(tx, server, server.state);
    });
  }

  /** The copy has the first generation, the upload the next, and this the one after both. */
  private outdate(run: Run<this>): Promise<Server> {
    return run.transaction(async (tx) => {
      const server = await this.servers.lock(tx, run.params.serverId);
      return server.generation > run.params.generation + 1 ? server : this.servers.become(tx, server, server.state, { task: server.task, raisesGeneration: true });
    });
  }

  private async isCarriedOut(run: Run<this>, server: Server): Promise<boolean> {
    try {
      return answerOf(server, await this.guests.list(run.db, server.id), server.generation).guest !== undefined;
    } catch (error) {
      // A host that has no such guest keeps nothing of it.
      if (error instanceof HostRefused) return true;
      throw error;
    }
  }

  private async requireHost(run: Run<this>, server: Server): Promise<void> {
    if (await this.isSilent(run, server)) throw new HostLost();
  }

  private async isSilent(run: Run<this>, { host }: Server): Promise<boolean> {
    return host === null || this.hosts.isSilent(run.db, host, silentBefore(run.clock));
  }

  /** The upload's generation is the one after the copy's. */
  private become(run: Run<this>, task: ServerTask): Promise<Server> {
    return run.transaction(async (tx) => {
      const server = await this.servers.lock(tx, run.params.serverId);
      if (server.task === task) return server;
      return this.servers.become(tx, server, server.state, { task, ...(server.generation === run.params.generation && task === 'image_uploading' && { raisesGeneration: true }) });
    });
  }

  private get(run: Run<this>): Promise<Server> {
    return this.servers.get(run.db, run.params.serverId);
  }
}
