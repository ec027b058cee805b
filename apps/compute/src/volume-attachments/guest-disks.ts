import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, milliseconds, seconds, type Clock, type Duration, type ServerId } from '@virga/kernel';
import { liveOperations, type Run } from '@virga/operations';
import type { Reader, Tx } from '@virga/persistence';
import { BlockDevicesRepository, type BlockDevice, type BlockDeviceId, type Told } from '../block-devices/index.js';
import { FAILURE_PAUSE, GuestsRepository, type GuestObservation } from '../guests/index.js';
import { HostsRepository, silentBefore } from '../hosts/index.js';
import { COMMAND_PATIENCE, HostRefused, ServersRepository, type Server } from '../servers/index.js';

/** What an operation on one volume of a server is about. */
export interface DeviceParams {
  serverId: ServerId;
  deviceId: BlockDeviceId;
}

/** A device beside its server and what its host says. */
export interface SeenDevice {
  server: Server;
  device: BlockDevice;
  guest: GuestObservation | undefined;
  /** Nothing can be said to the host, and nothing is to be expected of it. */
  isHostSilent: boolean;
}

/** Puts the command into the outbox; the server has the command's generation. */
type Sending = (tx: Tx, server: Server, device: BlockDevice) => Promise<void>;
type Working = Pick<Run<never>, 'transaction'>;

/** While something else is done to the server. Too short: looks for nothing. Too long: a volume comes later than it could. */
const BUSY_PATIENCE: Duration = seconds(2);

/**
 * Tells hosts about single volumes of guests.
 *
 * Theory of operation. Several volumes of a server may be on their way at once, and a host carries out only the newest command
 * of a guest: each telling takes a new generation of the server and is kept with the device, so that one which another command
 * overtook is told again as soon as that is seen. While an operation of the server itself is under way (it commands with the
 * generation that it began with) nothing is told at all: what that operation says of the guest includes the volumes.
 */
@Injectable()
export class GuestDisks {
  constructor(
    private readonly servers: ServersRepository,
    private readonly devices: BlockDevicesRepository,
    private readonly guests: GuestsRepository,
    private readonly hosts: HostsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The device as it is now; undefined where it is gone, or its server is going: then its volumes go with it. */
  async look(db: Reader, { serverId, deviceId }: DeviceParams): Promise<SeenDevice | undefined> {
    const server = await this.servers.find(db, serverId);
    const device = await this.devices.find(db, deviceId);
    if (server === undefined || device === undefined || isLeaving(server)) return undefined;
    const guest = (await this.guests.list(db, serverId)).find(({ host }) => host === server.host);
    const isHostSilent = server.host === null || await this.hosts.isSilent(db, server.host, silentBefore(this.clock));
    return { server, device, guest, isHostSilent };
  }

  /** Whether a command has to be sent (again): none was, it was overtaken, or its answer is overdue. Throws `HostRefused`. */
  isToBeTold({ device: { told }, guest }: SeenDevice, what: Told['what']): boolean {
    if (told === null || told.what !== what) return true;
    const failure = failureOf(guest, told);
    if (failure?.isFinal === true) throw new HostRefused(failure);
    const patience = failure === undefined ? COMMAND_PATIENCE : FAILURE_PAUSE;
    return (guest?.generation ?? 0) > told.generation || this.clock.now() - told.at >= patience;
  }

  /** Whether the host has carried out exactly what it was told last: a later command may have ended this one. */
  isCarriedOut({ device: { told }, guest }: SeenDevice, what: Told['what']): boolean {
    return told?.what === what && guest?.generation === told.generation;
  }

  /** Whether the host has said that what it was told last cannot be done. */
  isRefused({ device: { told }, guest }: SeenDevice): boolean {
    return told !== null && failureOf(guest, told)?.isFinal === true;
  }

  /** Sends a command in a generation of its own; answers how long to wait for what comes of it. */
  async tell(run: Working, { serverId, deviceId }: DeviceParams, what: Told['what'], send: Sending): Promise<Duration> {
    const isTold = await run.transaction(async (tx) => {
      const server = await this.servers.lock(tx, serverId);
      const device = await this.devices.lock(tx, deviceId);
      const isBusy = server.task !== null || server.state === 'building' || server.host === null || (await liveOperations(tx, 'server', [serverId])).size > 0;
      if (device === undefined || isBusy) return false;
      const raised = await this.servers.become(tx, server, server.state, { raisesGeneration: true });
      await send(tx, raised, device);
      const sizeBytes = what === 'size' ? device.sizeBytes : device.told?.sizeBytes ?? null;
      await this.devices.noteTold(tx, deviceId, { what, generation: raised.generation, at: this.clock.now(), ...(sizeBytes !== null && { sizeBytes }) });
      return true;
    });
    return isTold ? milliseconds(COMMAND_PATIENCE) : BUSY_PATIENCE;
  }
}

/** A guest that is still booting does not let go of a disk, for example: its host has waited, and says so. */
function failureOf(guest: GuestObservation | undefined, { generation }: Told): GuestObservation['failure'] | undefined {
  return guest?.failure?.generation === generation ? guest.failure : undefined;
}

export function isLeaving({ state, task }: Pick<Server, 'state' | 'task'>): boolean {
  return state === 'deleted' || task === 'deleting';
}

/** Whether the guest has the volume. */
export function hasDisk({ device, guest }: SeenDevice): boolean {
  return guest?.attachmentIds.includes(device.attachmentId) === true;
}
