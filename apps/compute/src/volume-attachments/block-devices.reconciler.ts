import { Injectable } from '@nestjs/common';
import { isUuid, minutes, NotFound, type Duration, type Instant, type ServerId } from '@virga/kernel';
import { Debts, liveOperations } from '@virga/operations';
import { Database } from '@virga/persistence';
import { correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { BlockDevicesRepository, type BlockDevice, type BlockDeviceId } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { GuestsRepository, type GuestObservation } from '../guests/index.js';
import { HostCommands, ServersRepository, type Server } from '../servers/index.js';
import { DeviceOperations } from './device-operations.js';

/** A server's devices beside what block storage and the server's host say. */
export interface SeenDevices {
  serverId: ServerId;
  server: Server | undefined;
  /** Something is being done to the server, or to one of its devices, or is owed for them. */
  isBusy: boolean;
  devices: readonly BlockDevice[];
  /** Those whose request died with its process. */
  forsaken: readonly BlockDeviceId[];
  /** Block storage's word: the attachments of this server. */
  attachmentIds: readonly string[];
  /** The guest; undefined where its host has not confirmed the latest command, or has none. */
  guest: GuestObservation | undefined;
}

export type DevicesRepair =
  | { kind: 'release'; attachmentIds: string[] }
  | { kind: 'clean' | 'plug' | 'keep' | 'grow'; device: BlockDevice }
  | { kind: 'unplug'; attachmentId: string };

/** How long a request may take between writing down a device and going on with it. Too short: healthy requests lose their volume. Too long: a volume stays reserved after a machine vanished; processes that died are seen at once. */
const RESERVATION_PATIENCE: Duration = minutes(2);

/** What to do about a server's volumes. Pure. */
export function planDevices(seen: SeenDevices, now: Instant): Correction<DevicesRepair> {
  const { server, devices, attachmentIds, isBusy } = seen;
  // An attachment may name a server of another cloud: it is none of our business.
  if (server === undefined) return nothing();
  if (isBusy || server.task !== null || server.state === 'building') return leaveAlone('an operation is responsible');
  if (server.state === 'deleted') return attachmentIds.length > 0 ? correct('orphan-attachments', { kind: 'release', attachmentIds: [...attachmentIds] }) : nothing();
  const orphans = attachmentIds.filter((id) => !devices.some((device) => device.attachmentId === id));
  if (orphans.length > 0) return correct('orphan-attachments', { kind: 'release', attachmentIds: orphans });
  return planUnsettled(seen, now) ?? planGuest(seen);
}

function planUnsettled({ devices, attachmentIds, forsaken }: SeenDevices, now: Instant): Correction<DevicesRepair> | undefined {
  for (const device of devices) {
    if (device.state === 'swapping') return correct('forgotten-swap', { kind: 'keep', device });
    if (device.state !== 'attached' && !isBeingReserved(device, forsaken, now)) return correct('forgotten-device', { kind: 'clean', device }, { isDefect: device.state !== 'reserving' });
    if (device.state === 'attached' && !attachmentIds.includes(device.attachmentId)) return correct('attachment-lost', { kind: 'keep', device }, { isDefect: false });
    if (device.state === 'attached' && device.attachment?.state === 'detaching') return correct('half-begun-detaching', { kind: 'keep', device }, { isDefect: false });
  }
  return undefined;
}

/** Its request may be at it still. */
function isBeingReserved({ id, state, createdAt }: BlockDevice, forsaken: readonly BlockDeviceId[], now: Instant): boolean {
  return state === 'reserving' && !forsaken.includes(id) && now - createdAt.getTime() < RESERVATION_PATIENCE;
}

function planGuest({ devices, guest }: SeenDevices): Correction<DevicesRepair> {
  if (guest === undefined || guest.power === null) return nothing();
  const attached = devices.filter(({ state }) => state === 'attached');
  const missing = attached.find(({ attachmentId }) => !guest.attachmentIds.includes(attachmentId));
  if (missing !== undefined) return correct('unplugged-volume', { kind: 'plug', device: missing });
  const surplus = guest.attachmentIds.find((id) => !devices.some(({ attachmentId }) => attachmentId === id));
  if (surplus !== undefined) return correct('surplus-volume', { kind: 'unplug', attachmentId: surplus });
  const isRunning = guest.power === 'running' || guest.power === 'paused';
  const grown = attached.find(({ sizeBytes, told }) => sizeBytes !== null && sizeBytes > (told?.sizeBytes ?? 0));
  return isRunning && grown !== undefined ? correct('untold-growth', { kind: 'grow', device: grown }) : nothing();
}

const BATCH = 200;

/** What else of servers the reconciler looks at. */
@Injectable()
export class ReconciledParts {
  constructor(
    private readonly db: Database, readonly servers: ServersRepository, readonly guests: GuestsRepository, private readonly debts: Debts,
  ) {}

  /** The servers of which somebody is responsible for something about volumes. */
  async busy(ids: readonly ServerId[], devices: readonly BlockDevice[]): Promise<Set<ServerId>> {
    const live = await liveOperations(this.db, 'server', ids);
    const work = await liveOperations(this.db, 'block-device', devices.map(({ id }) => id));
    const busy = new Set([...ids.filter((id) => live.has(id)), ...devices.filter(({ id }) => work.has(id)).map(({ serverId }) => serverId)]);
    for (const id of await this.debts.debtors(this.db, ids)) busy.add(id as ServerId);
    return busy;
  }
}

/**
 * Servers have the volumes that their users see, guests have them, and block storage keeps attachments of servers that are there.
 *
 * Theory of operation. Attachments are looked at before devices: a device is written before its attachment is asked for, and goes
 * after the attachment has gone, so an attachment without a device is one that nobody waits for. What a request that died has
 * left is let go; what a guest has lost it gets again; what a host that was away still has, it is told to take away. Repairs
 * are operations, or calls and commands that may be repeated.
 */
@Injectable()
export class BlockDevicesReconciler extends Reconciler<SeenDevices, DevicesRepair> {
  readonly name = 'block-devices';
  readonly interval: Duration = minutes(1);

  constructor(
    private readonly db: Database,
    private readonly parts: ReconciledParts,
    private readonly devices: BlockDevicesRepository,
    private readonly storage: BlockStorageCalls,
    private readonly work: DeviceOperations,
    private readonly commands: HostCommands,
  ) {
    super();
  }

  async* observe(signal: AbortSignal): AsyncIterable<readonly SeenDevices[]> {
    const seen = new Set<string>();
    for (let after: string | null = null; ;) {
      const attached: { serverId: string; attachmentIds: string[] }[] = await this.storage.listServers(after, BATCH, { signal });
      if (attached.length === 0) break;
      const ours = attached.filter(({ serverId }) => isUuid(serverId));
      yield await this.see(new Map(ours.map(({ serverId, attachmentIds }) => [serverId as ServerId, attachmentIds])));
      attached.forEach(({ serverId }) => seen.add(serverId));
      after = attached.at(-1)?.serverId ?? null;
    }
    for (let after: ServerId | undefined; ;) {
      const known: ServerId[] = await this.devices.servers(this.db, after, BATCH);
      if (known.length === 0) break;
      // Such a server had no attachment when block storage was asked: one that came since has an operation, or is young.
      yield await this.see(new Map(known.filter((id) => !seen.has(id)).map((id) => [id, []])));
      after = known.at(-1);
    }
  }

  plan(seen: SeenDevices, now: Instant): Correction<DevicesRepair> {
    return planDevices(seen, now);
  }

  async correct(repair: DevicesRepair, { server }: SeenDevices, signal: AbortSignal): Promise<void> {
    if (repair.kind === 'release') await this.storage.release(repair.attachmentIds, { signal });
    if (repair.kind === 'clean') await this.work.clean(repair.device);
    if (repair.kind === 'plug') await this.work.plugAgain(repair.device);
    if (repair.kind === 'grow' && repair.device.sizeBytes !== null) await this.work.grow(repair.device, repair.device.sizeBytes);
    if (repair.kind === 'keep') await this.keep(repair.device, signal);
    if (repair.kind === 'unplug' && server !== undefined) await this.unplug(server, repair.attachmentId);
  }

  describe({ serverId }: SeenDevices): string {
    return `volumes of server ${serverId}`;
  }

  private async see(attachments: ReadonlyMap<ServerId, readonly string[]>): Promise<SeenDevices[]> {
    const ids = [...attachments.keys()];
    const devices = await this.devices.ofServers(this.db, ids);
    const forsaken = await this.devices.forsaken(this.db, ids);
    const busy = await this.parts.busy(ids, devices);
    const servers = await this.parts.servers.byIds(this.db, ids);
    const guests = await this.parts.guests.ofServers(this.db, ids);
    return ids.map((serverId) => {
      const server = servers.find(({ id }) => id === serverId);
      const guest = guests.find((candidate) => candidate.serverId === serverId && candidate.host === server?.host && candidate.generation >= (server?.generation ?? 0));
      return {
        serverId, server, guest, isBusy: busy.has(serverId), attachmentIds: attachments.get(serverId) ?? [],
        devices: devices.filter((device) => device.serverId === serverId), forsaken,
      };
    });
  }

  /** The volume stays attached; if block storage, asked now, does not know the attachment, the guest loses the volume as well. */
  private async keep(device: BlockDevice, signal: AbortSignal): Promise<void> {
    const fact = await this.storage.beginDetach(device.attachmentId, true, { signal }).catch(unlessUnknown);
    if (fact === undefined) return this.work.clean(device);
    await this.db.transaction(async (tx) => {
      await this.devices.note(tx, [fact]);
      await this.devices.become(tx, device.id, ['swapping'], 'attached');
    });
  }

  private async unplug(server: Server, attachmentId: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const raised = await this.parts.servers.become(tx, server, server.state, { raisesGeneration: true });
      await this.commands.ensureNoDisk(tx, raised, attachmentId, raised.generation);
    });
  }
}

function unlessUnknown(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}
