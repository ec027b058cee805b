import { milliseconds, seconds, type AttachmentId, type Duration, type ServerId } from '@virga/kernel';
import { DriverUnavailable, openCredentials, purposeOf, Refused, type DiskConnection, type DiskLimits, type GuestVolume, type RbdAddress, type StoreCredentials } from '@virga/ports';
import { volumeAliasOf, type DiskCopy } from './domain-xml.js';
import { errorCodes, isLibvirt } from './failures.js';
import type { GuestPlatform } from './guest-xml.js';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';
import { cephSecretXml, limitEntries, rbdSecretIds, secretXml, volumeXml } from './volume-xml.js';
import { waitFor } from './wait-for.js';

/** How long a disk may take to learn its export's new size. */
const RESIZE_WITHIN = seconds(15);
const LOOK_EVERY = milliseconds(500);

/** A volume as a running guest has it. */
export interface PluggedVolume {
  volume: GuestVolume;
  target: string;
  /** QEMU's name of the device. A disk keeps it when another volume takes its place. */
  alias: string;
  /** Under way from it. */
  copy: DiskCopy | undefined;
  /** The guest sees no more than a first part of it. */
  isCut: boolean;
}

/**
 * A guest's volumes: the disks in its definition and in its running machine, and the secrets that open them.
 *
 * Theory of operation. Definition and running guest are looked at and changed separately, since a crash may come between
 * the two. A secret is named after the server, put before the disk and taken after it; so what a crash leaves of a guest
 * is found under its id. A disk whose volume moved (another address) is changed in the definition; a running guest keeps
 * the connection that it has. A disk whose place another volume has taken keeps the name of its device; whose it is says
 * the definition, by the export that both lead to.
 */
export class GuestVolumes {
  constructor(
    private readonly libvirt: LibvirtClient,
    private readonly platform: GuestPlatform,
    private readonly detachWithin: Duration,
    /** With what this host opens the credentials that storage hosts have sealed for it. */
    private readonly credentialsKey?: Buffer,
  ) {}

  async ensure(dom: DomainRef, volume: GuestVolume, signal: AbortSignal): Promise<void> {
    await this.ensureSecrets(dom.uuid as ServerId, [volume], signal);
    await this.ensureDefined(dom, volume, signal);
    if (!(await this.libvirt.state(dom, signal))?.isActive) return;
    const plugged = await this.plugged(dom, volume.attachmentId, signal);
    if (plugged === undefined) await this.libvirt.attach(dom, volumeXml(volume, this.platform), 'live', signal);
    else if (plugged.copy !== undefined) await this.libvirt.endCopy(dom, volume.target, 'give-up', signal);
  }

  /**
   * `DriverUnavailable` where the running guest keeps the device. The definition goes last: it says which of the guest's disks is meant, and
   * reports are made from it, so a removal that is overtaken half-way is not taken for one that is done.
   */
  async ensureNone(dom: DomainRef, attachmentId: AttachmentId, signal: AbortSignal): Promise<void> {
    if ((await this.libvirt.state(dom, signal))?.isActive) await this.unplug(dom, attachmentId, signal);
    await this.ensureNotDefined(dom, attachmentId, signal);
    await this.libvirt.removeSecrets((usage) => usage === usageOf(dom.uuid as ServerId, attachmentId), signal);
  }

  /** These volumes and no others. */
  async ensureExactly(dom: DomainRef, volumes: GuestVolume[], signal: AbortSignal): Promise<void> {
    const defined = (await this.libvirt.describe(dom, signal))?.volumes ?? [];
    for (const { attachmentId } of defined) {
      if (find(volumes, attachmentId) === undefined) await this.ensureNone(dom, attachmentId, signal);
    }
    for (const volume of volumes) await this.ensure(dom, volume, signal);
  }

  /** What opens the volumes of a guest that is about to start. */
  async ensureSecrets(id: ServerId, volumes: GuestVolume[], signal: AbortSignal): Promise<void> {
    for (const { attachmentId, encryption, connection } of volumes) {
      if (connection.kind === 'rbd') await this.ensureRbdSecrets(connection, usageOf(id, attachmentId), signal);
      if (encryption?.passphrase === undefined) continue;
      await this.libvirt.putSecret(secretXml(encryption.secretId, usageOf(id, attachmentId)), Buffer.from(encryption.passphrase, 'utf8'), signal);
    }
  }

  private async ensureRbdSecrets(address: RbdAddress, usage: string, signal: AbortSignal): Promise<void> {
    const { key, passphrase } = this.opened(address);
    const ids = rbdSecretIds(address);
    await this.libvirt.putSecret(cephSecretXml(ids.key, usage), Buffer.from(key, 'base64'), signal);
    if (address.isEncrypted && passphrase !== undefined) await this.libvirt.putSecret(secretXml(ids.passphrase, usage), Buffer.from(passphrase, 'utf8'), signal);
  }

  private opened(address: RbdAddress): StoreCredentials {
    if (this.credentialsKey === undefined) throw new Refused('libvirt', 'this host has no key for volumes of a Ceph cluster');
    try {
      return openCredentials(address.sealed, this.credentialsKey, purposeOf(address));
    } catch (error) {
      throw new Refused('libvirt', 'the volume was exported to another host, or the storage hosts\' secret has changed', { cause: error });
    }
  }

  async removeSecretsOf(id: ServerId, signal: AbortSignal): Promise<void> {
    await this.libvirt.removeSecrets((usage) => usage.startsWith(usageOf(id, '')), signal);
  }

  /**
   * A storage host grows a volume by serving its export anew, and QEMU learns the size when it connects again, which it does
   * at its next request. An idle guest makes none, so one byte is read on its behalf. A disk that took the place of a smaller
   * one shows the guest as much as that had, until it is told of more.
   */
  async ensureSize(dom: DomainRef, { attachmentId, sizeBytes }: { attachmentId: AttachmentId; sizeBytes: number }, signal: AbortSignal): Promise<void> {
    if (!(await this.libvirt.state(dom, signal))?.isActive) return;
    const { target, alias, isCut } = await this.plugged(dom, attachmentId, signal) ?? raiseNoDisk(attachmentId);
    const resize = async (): Promise<void> => {
      if (isCut) await this.libvirt.uncutDisk(dom, alias, signal);
      await this.libvirt.resizeDisk(dom, target, sizeBytes, signal);
    };
    let trouble: unknown;
    const isResized = async (): Promise<boolean> => {
      trouble = await resize().then(() => undefined, (error: unknown) => error);
      if (trouble === undefined) return true;
      if (!(trouble instanceof DriverUnavailable) && !isLibvirt(trouble, errorCodes.internal, errorCodes.operationFailed)) throw trouble;
      await this.libvirt.readFirstSector(dom, alias, signal);
      return false;
    };
    if (await waitFor(this.libvirt, dom.uuid, isResized, { within: RESIZE_WITHIN, every: LOOK_EVERY, signal })) return;
    throw new DriverUnavailable('libvirt', { cause: trouble });
  }

  async ensureLimits(dom: DomainRef, { attachmentId, limits }: { attachmentId: AttachmentId; limits: DiskLimits }, signal: AbortSignal): Promise<void> {
    const isActive = (await this.libvirt.state(dom, signal))?.isActive ?? false;
    const volume = find((await this.libvirt.describe(dom, signal))?.volumes, attachmentId) ?? raiseNoDisk(attachmentId);
    await this.libvirt.limitDisk(dom, volume.target, limitEntries(limits), isActive, signal);
  }

  async ensureNotDefined(dom: DomainRef, attachmentId: AttachmentId, signal: AbortSignal): Promise<void> {
    const defined = find((await this.libvirt.describe(dom, signal))?.volumes, attachmentId);
    if (defined) await this.libvirt.detach(dom, volumeXml(defined, this.platform), 'definition', signal);
  }

  /** The disk that the running guest has of the attachment. */
  async plugged(dom: DomainRef, attachmentId: AttachmentId, signal: AbortSignal): Promise<PluggedVolume | undefined> {
    const [live, defined] = [await this.libvirt.describeLive(dom, signal), await this.libvirt.describe(dom, signal)];
    for (const volume of live?.volumes ?? []) {
      const isOf = defined?.volumes.find(({ connection }) => isSameExport(connection, volume.connection))?.attachmentId ?? volume.attachmentId;
      if (isOf !== attachmentId) continue;
      return { volume: { ...volume, attachmentId }, target: volume.target, alias: volumeAliasOf(volume.attachmentId), copy: live?.copies.get(volume.target), isCut: live?.cutDisks.has(volume.target) === true };
    }
    return undefined;
  }

  async ensureDefined(dom: DomainRef, volume: GuestVolume, signal: AbortSignal): Promise<void> {
    const defined = find((await this.libvirt.describe(dom, signal))?.volumes, volume.attachmentId);
    const wanted = volumeXml(volume, this.platform);
    if (defined && volumeXml(defined, this.platform) === wanted) return;
    if (defined) await this.libvirt.detach(dom, volumeXml(defined, this.platform), 'definition', signal);
    await this.libvirt.attach(dom, wanted, 'definition', signal);
  }

  private async unplug(dom: DomainRef, attachmentId: AttachmentId, signal: AbortSignal): Promise<void> {
    const seen = await this.plugged(dom, attachmentId, signal);
    if (seen === undefined) return;
    if (seen.copy !== undefined) await this.libvirt.endCopy(dom, seen.target, 'give-up', signal);
    await this.askToLetGo(dom, seen, signal);
    const isGone = await waitFor(this.libvirt, dom.uuid, async () => (await this.plugged(dom, attachmentId, signal)) === undefined, {
      within: this.detachWithin, every: seconds(1), signal,
    });
    if (!isGone) throw new DriverUnavailable('libvirt', { cause: new Error(`the guest keeps the volume of attachment ${attachmentId}`) });
  }

  private async askToLetGo(dom: DomainRef, { volume, alias }: PluggedVolume, signal: AbortSignal): Promise<void> {
    try {
      await this.libvirt.detach(dom, volumeXml(volume, this.platform, alias), 'live', signal);
    } catch (error) {
      // It was asked before and is still thinking, or has just let go: both are found out by looking.
      if (!isLibvirt(error, errorCodes.operationFailed, errorCodes.deviceMissing, errorCodes.operationInvalid)) throw error;
    }
  }
}

const usageOf = (id: ServerId, attachmentId: string): string => `virga/${id}/${attachmentId}`;

const find = (volumes: GuestVolume[] | undefined, attachmentId: AttachmentId): GuestVolume | undefined =>
  volumes?.find((volume) => volume.attachmentId === attachmentId);

/** An export keeps its name when its host serves it elsewhere. */
const isSameExport = (one: DiskConnection, other: DiskConnection): boolean => nameOf(one) === nameOf(other);

function nameOf(connection: DiskConnection): string {
  if (connection.kind === 'file') return connection.path;
  return connection.kind === 'rbd' ? connection.user : connection.exportName;
}

export function raiseNoDisk(attachmentId: AttachmentId): never {
  throw new Refused('libvirt', `the guest has no volume of attachment ${attachmentId}`);
}
