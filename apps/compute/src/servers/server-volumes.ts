import { Injectable } from '@nestjs/common';
import { Conflict, mapLimit, seconds, type Duration, type ServerId } from '@virga/kernel';
import type { Run } from '@virga/operations';
import { BlockDevicesRepository, isReachable, type BlockDevice } from '../block-devices/index.js';
import { BlockStorageCalls, type Asker } from '../block-storage/index.js';
import type { Server } from './server.js';

type Working = Pick<Run<never>, 'db' | 'signal' | 'transaction' | 'idempotencyKey'>;

/** How long to wait for block storage's word before asking it again: events are at most once when its broker is down. */
export const STORAGE_PATIENCE: Duration = seconds(10);

/** Block storage has said that a volume, or the way to it, cannot be had. */
class VolumeFailed extends Conflict {
  constructor(volumeId: string, reason: string) {
    super('compute.volume.failed', `Volume ${volumeId} could not be made ready: ${reason}`);
  }
}

/**
 * The volumes of a server as parts of building it and of taking it down.
 *
 * Theory of operation. Ids of volumes and attachments are chosen when the request is accepted and stand in `block_device`, so
 * that each question to block storage may be repeated by any worker. Volumes that the server brings with it are made first; all
 * are reserved, which fails where somebody else was faster; then they are made reachable for the server's host. Taking down
 * releases every attachment that stands there, whatever became of it: block storage takes the exports away, which is the proof
 * that no host writes any more, and only then are volumes deleted that go with the server, and the rows.
 */
@Injectable()
export class ServerVolumes {
  constructor(private readonly devices: BlockDevicesRepository, private readonly storage: BlockStorageCalls) {}

  /** The server has its volumes for itself, and its host can reach them; false while they are made, or made reachable. */
  async ensureReachable(run: Working, server: Server): Promise<boolean> {
    const devices = (await this.devices.list(run.db, server.id)).filter(({ state }) => state === 'planned');
    if (devices.every(isReachable)) return true;
    const unreserved = devices.filter(({ attachment }) => attachment === null);
    if (!(await this.ensureMade(run, server, unreserved))) return false;
    await this.reserve(run, server, unreserved);
    return this.connect(run, server);
  }

  private async ensureMade(run: Working, server: Server, devices: readonly BlockDevice[]): Promise<boolean> {
    const facts = await mapLimit(devices.filter(({ wish }) => wish !== null), 4, (device) => this.ensureVolume(run, server, device));
    for (const { id, status, fault } of facts) {
      if (status.startsWith('error')) throw new VolumeFailed(id, fault?.message ?? `it is ${status}.`);
    }
    return facts.every(({ status }) => status !== 'creating' && status !== 'downloading');
  }

  /** Nobody else gets the server's volumes. */
  private async reserve(run: Working, server: Server, devices: readonly BlockDevice[]): Promise<void> {
    const facts = await mapLimit(devices, 4, ({ attachmentId, volumeId }) => this.storage.reserve(
      { ...askerFor(server), attachmentId, volumeId, serverId: server.id, userId: server.userId },
      { signal: run.signal, idempotencyKey: run.idempotencyKey(attachmentId) },
    ));
    if (facts.length > 0) await run.transaction((tx) => this.devices.note(tx, facts));
  }

  private async connect(run: Working, server: Server): Promise<boolean> {
    const wanted = (await this.planned(run, server)).filter((device) => !isReachable(device));
    if (wanted.length === 0 || server.host === null) return true;
    const facts = await this.storage.connect(
      { host: server.host, attachments: wanted.map(({ attachmentId, target }) => ({ id: attachmentId, device: `/dev/${target}` })) }, { signal: run.signal },
    );
    await run.transaction((tx) => this.devices.note(tx, facts));
    for (const { state, volumeId, fault } of facts) if (state === 'error') throw new VolumeFailed(volumeId, fault?.message ?? 'its host cannot reach it.');
    return (await this.planned(run, server)).every(isReachable);
  }

  /** Block storage knows that the guest has its volumes. */
  async complete(run: Working, server: Server): Promise<void> {
    const attachmentIds = (await this.planned(run, server)).map(({ attachmentId }) => attachmentId);
    if (attachmentIds.length === 0) return;
    const facts = await this.storage.complete(attachmentIds, { signal: run.signal });
    await run.transaction((tx) => this.devices.note(tx, facts));
  }

  /** Lets go of all volumes of a server that goes; answers whether nothing is left. */
  async release(run: Working, serverId: ServerId): Promise<boolean> {
    const devices = await this.devices.list(run.db, serverId);
    if (devices.length === 0) return true;
    const remaining = new Set((await this.storage.release(devices.map(({ attachmentId }) => attachmentId), { signal: run.signal })).map(({ id }) => id));
    const gone = devices.filter(({ attachmentId }) => !remaining.has(attachmentId));
    await this.storage.releaseVolumes(gone.filter(goesWithServer).map(({ volumeId }) => volumeId), { signal: run.signal });
    await run.transaction((tx) => this.devices.remove(tx, gone.map(({ id }) => id)));
    return remaining.size === 0;
  }

  /** Nobody reaches a volume through this attachment any more; false while block storage is at it. */
  async releaseOne(attachmentId: string, signal: AbortSignal): Promise<boolean> {
    return (await this.storage.release([attachmentId], { signal })).length === 0;
  }

  private ensureVolume(run: Working, server: Server, { volumeId, wish }: BlockDevice): ReturnType<BlockStorageCalls['ensureVolume']> {
    const { source, sizeGibibytes, volumeType } = wish ?? { source: { kind: 'blank' as const }, sizeGibibytes: 1, volumeType: null };
    return this.storage.ensureVolume({
      ...askerFor(server), volumeId, userId: server.userId, name: '', sizeGibibytes, volumeType, availabilityZone: null, source,
    }, { signal: run.signal });
  }

  private async planned(run: Working, server: Server): Promise<BlockDevice[]> {
    return (await this.devices.list(run.db, server.id)).filter(({ state }) => state === 'planned');
  }
}

function askerFor({ projectId }: Server): Asker {
  return { projectId, isAdmin: false };
}

function goesWithServer({ deleteOnTermination }: BlockDevice): boolean {
  return deleteOnTermination;
}
