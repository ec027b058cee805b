import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit, seconds, type Duration, type PortId, type ServerId } from '@virga/kernel';
import { DriverUnavailable, type GuestNic, type HostNetwork } from '@virga/ports';
import type { DomainNic } from './domain-xml.js';
import { absent, syncDirectory, writeSynced } from './durable-files.js';
import { errorCodes, isLibvirt } from './failures.js';
import { nicXml, type GuestPlatform } from './guest-xml.js';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';
import { waitFor } from './wait-for.js';

const MARK = 'port-';
const TAPS_AT_ONCE = 4;

/**
 * A guest's NICs: the tap on the host's side, the device on the guest's.
 *
 * Theory of operation. Before a tap is made, a mark named after the port is put into the guest's directory, and it goes
 * after the tap; so a guest of which nothing else is known still names the taps that must go with it. Definition and
 * running guest are looked at and changed separately, since a crash may come between the two.
 */
export class GuestNics {
  constructor(
    private readonly libvirt: LibvirtClient,
    private readonly hostNetwork: HostNetwork,
    private readonly platform: GuestPlatform,
    private readonly directoryOf: (id: ServerId) => string,
    private readonly detachWithin: Duration,
  ) {}

  async makeTaps(id: ServerId, nics: GuestNic[], signal: AbortSignal): Promise<Map<PortId, string>> {
    return new Map(await mapLimit(nics, TAPS_AT_ONCE, async (nic) => [nic.portId, await this.makeTap(id, nic, signal)] as const));
  }

  /** The taps of a guest that is about to start: they are gone after the host's restart. */
  async ensureTaps(dom: DomainRef, signal: AbortSignal): Promise<void> {
    const domain = await this.libvirt.describe(dom, signal);
    await this.makeTaps(dom.uuid as ServerId, domain?.nics ?? [], signal);
  }

  async ensure(dom: DomainRef, nic: GuestNic, signal: AbortSignal): Promise<void> {
    const device = nicXml(nic, await this.makeTap(dom.uuid as ServerId, nic, signal), this.platform);
    const defined = await this.libvirt.describe(dom, signal);
    if (!has(defined?.nics, nic.portId)) await this.libvirt.attach(dom, device, 'definition', signal);
    if (!(await this.libvirt.state(dom, signal))?.isActive) return;
    const live = await this.libvirt.describeLive(dom, signal);
    if (!has(live?.nics, nic.portId)) await this.libvirt.attach(dom, device, 'live', signal);
  }

  /** `DriverUnavailable` where the running guest keeps the device; its tap then stays, too. */
  async ensureNone(dom: DomainRef, portId: PortId, signal: AbortSignal): Promise<void> {
    const defined = find((await this.libvirt.describe(dom, signal))?.nics, portId);
    if (defined) await this.libvirt.detach(dom, this.xmlOf(defined), 'definition', signal);
    if ((await this.libvirt.state(dom, signal))?.isActive) await this.unplug(dom, portId, signal);
    await this.removeTap(dom.uuid as ServerId, portId, signal);
  }

  /** These NICs and no others. */
  async ensureExactly(dom: DomainRef, nics: GuestNic[], signal: AbortSignal): Promise<void> {
    const defined = (await this.libvirt.describe(dom, signal))?.nics ?? [];
    for (const { portId } of defined.filter((nic) => !has(nics, nic.portId))) await this.ensureNone(dom, portId, signal);
    for (const nic of nics) await this.ensure(dom, nic, signal);
  }

  /** Every tap that the guest's directory or its definition names. */
  async removeAll(id: ServerId, defined: DomainNic[], signal: AbortSignal): Promise<void> {
    const portIds = new Set([...await this.marked(id), ...defined.map((nic) => nic.portId)]);
    await mapLimit([...portIds], TAPS_AT_ONCE, (portId) => this.removeTap(id, portId, signal));
  }

  private async unplug(dom: DomainRef, portId: PortId, signal: AbortSignal): Promise<void> {
    const plugged = async (): Promise<DomainNic | undefined> => find((await this.libvirt.describeLive(dom, signal))?.nics, portId);
    const nic = await plugged();
    if (nic === undefined) return;
    await this.askToLetGo(dom, nic, signal);
    const isGone = await waitFor(this.libvirt, dom.uuid, async () => (await plugged()) === undefined, {
      within: this.detachWithin, every: seconds(1), signal,
    });
    if (!isGone) throw new DriverUnavailable('libvirt', { cause: new Error(`the guest keeps port ${portId} plugged in`) });
  }

  private async askToLetGo(dom: DomainRef, nic: DomainNic, signal: AbortSignal): Promise<void> {
    try {
      await this.libvirt.detach(dom, this.xmlOf(nic), 'live', signal);
    } catch (error) {
      // It was asked before and is still thinking, or has just let go: both are found out by looking.
      if (!isLibvirt(error, errorCodes.operationFailed, errorCodes.deviceMissing, errorCodes.operationInvalid)) throw error;
    }
  }

  private async makeTap(id: ServerId, nic: GuestNic, signal: AbortSignal): Promise<string> {
    const directory = this.directoryOf(id);
    await mkdir(directory, { recursive: true, mode: 0o711 });
    await writeSynced(join(directory, `${MARK}${nic.portId}`), '');
    await syncDirectory(directory);
    return this.hostNetwork.ensureNic({ portId: nic.portId, mac: nic.mac, mtu: nic.mtu }, signal);
  }

  private async removeTap(id: ServerId, portId: PortId, signal: AbortSignal): Promise<void> {
    await this.hostNetwork.ensureNoNic(portId, signal);
    await rm(join(this.directoryOf(id), `${MARK}${portId}`), { force: true });
  }

  private async marked(id: ServerId): Promise<PortId[]> {
    const names = await readdir(this.directoryOf(id)).catch(absent) ?? [];
    return names.filter((name) => name.startsWith(MARK)).map((name) => name.slice(MARK.length) as PortId);
  }

  private xmlOf(nic: DomainNic): string {
    return nicXml(nic, nic.tap, this.platform);
  }
}

const find = <Nic extends { portId: PortId }>(nics: Nic[] | undefined, portId: PortId): Nic | undefined =>
  nics?.find((nic) => nic.portId === portId);

const has = (nics: { portId: PortId }[] | undefined, portId: PortId): boolean => find(nics, portId) !== undefined;
