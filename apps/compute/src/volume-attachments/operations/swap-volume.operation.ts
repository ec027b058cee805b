import { Injectable } from '@nestjs/common';
import { Conflict, hours, minutes, NotFound, raise, seconds, Unavailable, type Duration, type Fault } from '@virga/kernel';
import { done, finish, Operation, park, step, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, volumesOf, type BlockDevice, type BlockDeviceId } from '../../block-devices/index.js';
import { BlockStorageCalls } from '../../block-storage/index.js';
import { guestReport } from '../../guests/index.js';
import { HostCommands, STORAGE_PATIENCE } from '../../servers/index.js';
import { DeviceConnection } from '../device-connection.js';
import { DeviceRemoval } from '../device-removal.js';
import { GuestDisks, hasDisk, type DeviceParams, type SeenDevice } from '../guest-disks.js';
import { isListening, knowsSize, tellSize } from './grow-volume.operation.js';

export interface SwapParams extends DeviceParams {
  /** The device that takes the place of `deviceId`; it is aside until it has it. */
  nextId: BlockDeviceId;
  /** The old volume's size where the new one is larger; else null. */
  sizeBytes: number | null;
  /** Milliseconds since the epoch. */
  begunAt: number;
}

interface Outputs {
  /** When the guest had gone on with the new volume. */
  swappedAt: number;
}

/** Too short: storage hosts that are busy fail good requests. Too long: two volumes are taken while block storage is away. */
const STORAGE_LIMIT: Duration = minutes(2);

/** Its host says nothing: nobody copies. */
class HostLost extends Conflict {
  constructor() {
    super('compute.volume.host-lost', 'The server\'s host does not answer: the volume stays.');
  }
}

/** Block storage does not do its part. */
class StorageLost extends Conflict {
  constructor() {
    super('compute.volume.storage-lost', 'Block storage did not do its part in time.');
  }
}

/**
 * Puts a reserved volume in the place of one that a running guest uses.
 *
 * Theory of operation. The guest's host copies the old volume to the new one until both hold the same, and keeps them so; then it is told to
 * go on with the new one. Until that telling the old volume is the truth: whatever fails before is undone by ending the copy and releasing
 * the new one. After it the host's word decides: it has gone on, or it says that there was no complete copy, and then the old one stays. A
 * host that is lost right then has either: both held the same when it was told, so the new one is taken. Rows change places in one
 * transaction; from there on the old volume is only released, and what block storage cannot do in time is owed. At every moment one of
 * the two is the server's, and the other is being set free. Where the new one is larger, its size stands in its row from the start, and the
 * guest is told when all else is done; where that does not succeed in time, the reconciler goes on with it.
 */
@Injectable()
export class SwapVolume extends Operation<SwapParams, Outputs> {
  readonly kind = 'block-device.swap';
  readonly version = 1;
  /** Too short: large volumes are never copied. Too long: where hosts live but do nothing, two volumes are taken; a host that is lost ends it sooner. */
  readonly deadline: Duration = hours(6);
  override readonly grace: Duration = minutes(2);
  readonly steps = [
    step('connect-volume', (run: Run<this>) => this.inTime(run, run.params.begunAt, () => this.connection.connect(run, nextOf(run)))),
    step('copy-disk', (run: Run<this>) => this.order(run, 'copy')),
    step('swap-disk', (run: Run<this>) => this.order(run, 'swap')),
    step('complete-attachment', (run: Run<this>) => this.inTime(run, run.outputs.swappedAt, () => this.complete(run))),
    step('release-attachment', (run: Run<this>) => this.inTime(run, run.outputs.swappedAt, () => this.release(run))),
    step('extend-volume', (run: Run<this>) => this.tellSize(run)),
  ];

  constructor(
    private readonly connection: DeviceConnection,
    readonly disks: GuestDisks,
    private readonly devices: BlockDevicesRepository,
    private readonly storage: BlockStorageCalls,
    readonly commands: HostCommands,
    private readonly removal: DeviceRemoval,
  ) {
    super();
  }

  private async order(run: Run<this>, what: 'copy' | 'swap'): Promise<Outcome> {
    const seen = await this.disks.look(run.db, nextOf(run));
    if (seen === undefined) return nothingLeftToDo();
    if (this.isDone(seen, what)) return done(what === 'swap' ? { swappedAt: run.clock.now() } : {});
    if (seen.isHostSilent) throw new HostLost();
    const patience = this.disks.isToBeTold(seen, what) ? await this.tell(run, what) : seconds(10);
    return park({ until: guestReport(run.params.serverId), atMost: patience });
  }

  /** What block storage has not done in time ends the operation long before its deadline, which is that of copying. */
  private async inTime(run: Run<this>, since: number | undefined, work: () => Promise<Outcome>): Promise<Outcome> {
    const isLate = run.clock.now() - (since ?? 0) >= STORAGE_LIMIT;
    const outcome = await work().catch((error: unknown) => {
      throw isLate && error instanceof Unavailable ? new StorageLost() : error;
    });
    if (isLate && outcome.kind === 'park') throw new StorageLost();
    return outcome;
  }

  private isDone(seen: SeenDevice, what: 'copy' | 'swap'): boolean {
    return this.disks.isCarriedOut(seen, what) && (what === 'copy' || hasDisk(seen));
  }

  private async tell(run: Run<this>, what: 'copy' | 'swap'): Promise<Duration> {
    return this.disks.tell(run, nextOf(run), what, async (tx, server, next) => {
      const old = await this.devices.lock(tx, run.params.deviceId) ?? raise(new HostLost());
      await this.commands.swapDisk(tx, server, { old, next, isFinal: what === 'swap', sizeBytes: run.params.sizeBytes }, server.generation);
    });
  }

  private async complete(run: Run<this>): Promise<Outcome> {
    const seen = await this.disks.look(run.db, nextOf(run));
    if (seen === undefined) return nothingLeftToDo();
    const facts = await this.storage.complete([seen.device.attachmentId], { signal: run.signal });
    await run.transaction(async (tx) => {
      await this.devices.note(tx, facts);
      await this.devices.swap(tx, run.params.deviceId, run.params.nextId);
    });
    return done();
  }

  private async release(run: Run<this>): Promise<Outcome> {
    const old = await this.devices.find(run.db, run.params.deviceId);
    if (old === undefined) return done();
    if (!(await this.removal.release(run, old))) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    await run.transaction((tx) => this.removal.settle(tx, old, true));
    return done();
  }

  /** Nothing that goes wrong here undoes the swap. */
  private async tellSize(run: Run<this>): Promise<Outcome> {
    const seen = run.params.sizeBytes === null ? undefined : await this.disks.look(run.db, nextOf(run));
    const isLate = run.clock.now() - (run.outputs.swappedAt ?? 0) >= STORAGE_LIMIT;
    if (seen === undefined || isLate || !isListening(seen) || knowsSize(seen) || this.disks.isRefused(seen)) return nothingLeftToDo();
    const patience = this.disks.isToBeTold(seen, 'size') ? await tellSize(run, nextOf(run), this) : seconds(10);
    return park({ until: guestReport(run.params.serverId), atMost: patience });
  }

  async abandon(run: Run<this>, _reason: Fault): Promise<Outcome> {
    const old = await this.devices.find(run.db, run.params.deviceId);
    const seen = await this.disks.look(run.db, nextOf(run));
    if (old === undefined || seen === undefined) return this.keepOld(run, old);
    if (old.isAside) return this.releaseOld(run, old);
    const way = await this.decide(run, seen);
    if (way === 'back') return this.giveBack(run, seen, old);
    if (way === 'forward') return this.goForward(run, seen, old);
    return park({ until: guestReport(run.params.serverId), atMost: way });
  }

  /** Which of the two the guest goes on with; else how long to wait for its host's word. */
  private async decide(run: Run<this>, seen: SeenDevice): Promise<'back' | 'forward' | Duration> {
    const { device } = seen;
    if (device.state === 'detaching' || device.told?.what !== 'swap' || this.disks.isRefused(seen)) {
      // From here on it stays so, whatever the host is told next.
      await run.transaction((tx) => this.devices.become(tx, device.id, ['reserving', 'attaching'], 'detaching'));
      return 'back';
    }
    if (this.isDone(seen, 'swap') || run.graceIsOver) return 'forward';
    return !seen.isHostSilent && this.disks.isToBeTold(seen, 'swap') ? this.tell(run, 'swap') : seconds(10);
  }

  private async giveBack(run: Run<this>, seen: SeenDevice, old: BlockDevice): Promise<Outcome> {
    const isEnded = seen.isHostSilent || seen.device.told === null || run.graceIsOver || await this.isCopyEnded(run);
    if (!isEnded) return park({ until: guestReport(run.params.serverId), atMost: seconds(10) });
    await this.undoDetaching(run, old);
    const isReleased = await this.removal.tryRelease(run, seen.device);
    if (!isReleased && !run.graceIsOver) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    return finish(async (tx) => {
      await this.removal.settle(tx, seen.device, isReleased);
      await this.devices.become(tx, old.id, ['swapping'], 'attached');
    });
  }

  /** A host that is told of the old disk ends copying it. */
  private async isCopyEnded(run: Run<this>): Promise<boolean> {
    const seen = await this.disks.look(run.db, run.params);
    if (seen === undefined || this.disks.isCarriedOut(seen, 'disk') || this.disks.isRefused(seen)) return true;
    if (this.disks.isToBeTold(seen, 'disk')) {
      await this.disks.tell(run, run.params, 'disk', (tx, server, device) => this.commands.ensureDisk(tx, server, device, server.generation));
    }
    return false;
  }

  /** Once: what is said to block storage comes back as news, which wakes this operation. */
  private async undoDetaching(run: Run<this>, { attachmentId, attachment }: BlockDevice): Promise<void> {
    if (attachment?.state === 'attached') return;
    try {
      const fact = await this.storage.beginDetach(attachmentId, true, { signal: run.signal });
      await run.transaction((tx) => this.devices.note(tx, [fact]));
    } catch (error) {
      // Block storage that is away is told by the reconciler, as is one that does not know the attachment any more.
      if (!(error instanceof NotFound) && !(run.graceIsOver && error instanceof Unavailable)) throw error;
    }
  }

  private async goForward(run: Run<this>, { device: next }: SeenDevice, old: BlockDevice): Promise<Outcome> {
    const facts = await this.storage.complete([next.attachmentId], { signal: run.signal }).catch((error: unknown) => {
      if (run.graceIsOver && error instanceof Unavailable) return [];
      throw error;
    });
    await run.transaction(async (tx) => {
      await this.devices.note(tx, facts);
      await this.devices.swap(tx, old.id, next.id);
    });
    return this.releaseOld(run, old);
  }

  private async releaseOld(run: Run<this>, old: BlockDevice): Promise<Outcome> {
    const isReleased = await this.removal.tryRelease(run, old);
    if (!isReleased && !run.graceIsOver) return park({ until: volumesOf(run.params.serverId), atMost: STORAGE_PATIENCE });
    return finish((tx) => this.removal.settle(tx, old, isReleased), 'succeeded');
  }

  /** The new volume is gone already, or the server is going. */
  private keepOld(run: Run<this>, old: BlockDevice | undefined): Outcome {
    return finish(async (tx) => {
      if (old !== undefined) await this.devices.become(tx, run.params.deviceId, ['swapping'], 'attached');
    });
  }
}

function nextOf({ params: { serverId, nextId } }: { params: SwapParams }): DeviceParams {
  return { serverId, deviceId: nextId };
}

/** The server is going, and its devices with it. */
function nothingLeftToDo(): Outcome {
  return finish(async () => undefined);
}
