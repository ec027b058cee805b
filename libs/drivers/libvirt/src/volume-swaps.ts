import { milliseconds, minutes, type AttachmentId, type Duration, type ServerId } from '@virga/kernel';
import { DriverUnavailable, Refused, type DiskSwap, type GuestVolume } from '@virga/ports';
import { isSamePlace } from './domain-xml.js';
import type { GuestVolumes, PluggedVolume } from './guest-volumes.js';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';
import { copyTargetXml, limitEntries } from './volume-xml.js';
import { raiseNoDisk } from './guest-volumes.js';
import { waitFor } from './wait-for.js';

/** Larger than whoever asks has patience for: the asker ends the waiting. */
const COPIED_WITHIN: Duration = minutes(24 * 60);
const LOOK_EVERY = milliseconds(500);

/**
 * Puts a volume in the place of another while the guest uses it.
 *
 * Theory of operation. QEMU copies the disk and from then on writes to both, so once the copy is complete either could be used: a guest that
 * loses its power meanwhile has lost nothing on either. The definition names the new volume before QEMU is told to go on with it, since a
 * guest that loses its power after that must start with the new one. If QEMU cannot go on with it, the definition is set right again;
 * a crash in between is found by looking at the running guest: what it uses is the truth.
 */
export class VolumeSwaps {
  constructor(private readonly libvirt: LibvirtClient, private readonly volumes: GuestVolumes) {}

  async ensureCopied(dom: DomainRef, { attachmentId, to, sizeBytes }: DiskSwap, signal: AbortSignal): Promise<void> {
    if (!(await this.libvirt.state(dom, signal))?.isActive) throw new Refused('libvirt', 'the guest does not run: nothing is copied');
    if (await this.uses(dom, to, signal)) return;
    const disk = await this.volumes.plugged(dom, attachmentId, signal) ?? raiseNoDisk(attachmentId);
    await this.volumes.ensureSecrets(dom.uuid as ServerId, [to], signal);
    await this.begin(dom, disk, { to, xml: copyTargetXml(to, sizeBytes) }, signal);
    const isComplete = async (): Promise<boolean> => {
      const { copy } = await this.volumes.plugged(dom, attachmentId, signal) ?? raiseNoDisk(attachmentId);
      if (copy === undefined) throw new DriverUnavailable('libvirt', { cause: new Error(`the copy of the volume of attachment ${attachmentId} broke off`) });
      return copy.isComplete;
    };
    const isDone = await waitFor(this.libvirt, dom.uuid, isComplete, { within: COPIED_WITHIN, every: LOOK_EVERY, signal });
    if (!isDone) throw new DriverUnavailable('libvirt', { cause: new Error('the copy does not come to an end') });
  }

  async ensureSwapped(dom: DomainRef, { attachmentId, to }: DiskSwap, signal: AbortSignal): Promise<void> {
    if (!(await this.libvirt.state(dom, signal))?.isActive) return this.requireDefined(dom, to, signal);
    if (await this.uses(dom, to, signal)) return this.redefine(dom, attachmentId, to, signal);
    const disk = await this.usedInstead(dom, attachmentId, to, signal);
    if (disk.copy?.isComplete !== true || !isSamePlace(disk.copy.connection, to.connection)) {
      await this.redefine(dom, to.attachmentId, disk.volume, signal);
      throw new Refused('libvirt', `there is no complete copy of the volume of attachment ${attachmentId}`);
    }
    await this.redefine(dom, attachmentId, to, signal);
    await this.goOn(dom, disk, to, signal);
  }

  private async begin(dom: DomainRef, { copy, target }: PluggedVolume, { to, xml }: { to: GuestVolume; xml: string }, signal: AbortSignal): Promise<void> {
    if (copy !== undefined && isSamePlace(copy.connection, to.connection)) return;
    if (copy !== undefined) await this.libvirt.endCopy(dom, target, 'give-up', signal);
    await this.libvirt.copyDisk(dom, target, { xml, to: 'existing' }, signal);
  }

  private async goOn(dom: DomainRef, { target, volume }: PluggedVolume, to: GuestVolume, signal: AbortSignal): Promise<void> {
    try {
      await this.libvirt.endCopy(dom, target, 'pivot', signal);
    } catch (error) {
      // A caller who gave up is no failure: the next look finds what has become of it.
      if (!signal.aborted && !(await this.uses(dom, to, signal))) await this.redefine(dom, to.attachmentId, volume, signal);
      throw error;
    }
    await this.libvirt.limitDisk(dom, target, limitEntries(to.limits ?? {}), true, signal);
  }

  /** Whether the running guest uses the volume. */
  private async uses(dom: DomainRef, { connection, target }: GuestVolume, signal: AbortSignal): Promise<boolean> {
    const live = (await this.libvirt.describeLive(dom, signal))?.volumes.find((volume) => volume.target === target);
    return live !== undefined && isSamePlace(live.connection, connection);
  }

  /** The disk in the new one's place, also where the definition names the new one already. */
  private async usedInstead(dom: DomainRef, attachmentId: AttachmentId, to: GuestVolume, signal: AbortSignal): Promise<PluggedVolume> {
    const live = await this.libvirt.describeLive(dom, signal);
    const known = await this.volumes.plugged(dom, attachmentId, signal);
    if (known !== undefined) return known;
    const volume = live?.volumes.find(({ target }) => target === to.target) ?? raiseNoDisk(attachmentId);
    return { volume: { ...volume, attachmentId }, target: to.target, alias: '', copy: live?.copies.get(to.target), isCut: false };
  }

  /** A guest that stopped after its definition had been changed starts with the new volume, which holds the same. */
  private async requireDefined(dom: DomainRef, { attachmentId }: GuestVolume, signal: AbortSignal): Promise<void> {
    const isDefined = (await this.libvirt.describe(dom, signal))?.volumes.some((volume) => volume.attachmentId === attachmentId) === true;
    if (!isDefined) throw new Refused('libvirt', 'the guest does not run: its volume was not swapped');
  }

  private async redefine(dom: DomainRef, from: AttachmentId, to: GuestVolume, signal: AbortSignal): Promise<void> {
    await this.volumes.ensureNotDefined(dom, from, signal);
    await this.volumes.ensureDefined(dom, to, signal);
  }
}
