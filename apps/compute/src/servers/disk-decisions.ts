import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, NotFound, seconds, type Clock, type Duration } from '@virga/kernel';
import { done, park, type Outcome, type Run } from '@virga/operations';
import { BlockDevicesRepository, isUndecided, type BlockDevice, type Told } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import { guestReport, GuestsRepository, type GuestObservation } from '../guests/index.js';
import { HostsRepository, silentBefore } from '../hosts/index.js';
import type { Server } from './server.js';

type Working = Pick<Run<never>, 'db' | 'signal'>;

/** Too short: a busy host has not said which it was, and the one that most likely was it is taken. Too long: servers that go wait for hosts that do nothing. */
const DECISION_PATIENCE: Duration = seconds(30);

/**
 * Which of two copies of a volume holds what the guest of a server wrote last, when the server goes in the very moment in which its guest changes from one to the other.
 *
 * Theory of operation. The host was told when the copy held all that the volume does, and carries commands out in their order, so its first word after that says which
 * one the guest uses. That has to be known before the guest is removed: then nobody knows. Block storage is told where it was the copy. A host
 * that says nothing has either: both held the same, and the copy is taken.
 */
@Injectable()
export class DiskDecisions {
  constructor(
    private readonly devices: BlockDevicesRepository,
    private readonly guests: GuestsRepository,
    private readonly hosts: HostsRepository,
    private readonly storage: BlockStorageCalls,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Done when block storage knows; else until when to wait. */
  async settle(run: Working, server: Server): Promise<Outcome> {
    const all = await this.devices.list(run.db, server.id);
    const copies = all.filter((device) => isUndecided(device) && all.some(({ id, volumeId }) => id !== device.id && volumeId === device.volumeId));
    const guest = (await this.guests.list(run.db, server.id)).find(({ host }) => host === server.host);
    for (const copy of copies) {
      const uses = await this.uses(run, server, { copy, guest });
      if (uses === undefined) return park({ until: guestReport(server.id), atMost: seconds(5) });
      if (uses) await this.storage.complete([copy.attachmentId], { signal: run.signal }).catch(unlessGone);
    }
    return done();
  }

  /** Undefined where the host may still say it. */
  private async uses({ db }: Working, { host }: Server, { copy: { attachmentId, told }, guest }: { copy: BlockDevice; guest: GuestObservation | undefined }): Promise<boolean | undefined> {
    if (told === null || isRefused(guest, told)) return false;
    if (hasSaid(guest, told)) return guest.attachmentIds.includes(attachmentId);
    const isSilent = host === null || await this.hosts.isSilent(db, host, silentBefore(this.clock));
    return isSilent || this.clock.now() - told.at >= DECISION_PATIENCE ? true : undefined;
  }
}

function isRefused(guest: GuestObservation | undefined, { generation }: Told): boolean {
  return guest?.failure?.generation === generation && guest.failure.isFinal;
}

function hasSaid(guest: GuestObservation | undefined, { generation }: Told): guest is GuestObservation {
  return guest !== undefined && guest.power !== null && guest.generation >= generation;
}

/** Block storage has ended it already. */
function unlessGone(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}
