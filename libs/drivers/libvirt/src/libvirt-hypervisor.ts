import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit, seconds, type AttachmentId, type Clock, type PortId, type ServerId } from '@virga/kernel';
import {
  CommandTurns, DriverUnavailable, Outdated, Refused,
  type DiskImage, type DiskLimits, type DiskSwap, type GuestNic, type GuestReport, type GuestSpec, type GuestVolume, type HostNetwork, type HostResources, type Hypervisor, type ObservedGuest, type PowerRequest,
} from '@virga/ports';
import { limitConsole, readConsole } from './console-log.js';
import { DiskImages } from './disk-images.js';
import { absent } from './durable-files.js';
import type { Domain } from './domain-xml.js';
import { translated } from './failures.js';
import { ensureDisks, requireDisks } from './guest-disks.js';
import { METADATA_PREFIX, METADATA_URI, bareMetadataXml, newMetadata, type GuestMetadata } from './guest-metadata.js';
import { GuestNics } from './guest-nics.js';
import { GuestPower } from './guest-power.js';
import { GuestReports } from './guest-reports.js';
import { GuestVolumes } from './guest-volumes.js';
import { guestXml, type GuestPlatform } from './guest-xml.js';
import { hasKvmGuests, hostResources } from './host-resources.js';
import type { ImageCache } from './image-cache.js';
import { LibvirtClient } from './libvirt-client.js';
import { findPlatform, type PlatformOptions, type Virtualization } from './platform.js';
import type { DomainRef } from './rpc/procedures.js';
import { requireId, requireSpec, requireVolume } from './spec-rules.js';
import { StalledGuests } from './stalled-guests.js';
import { Tombstones } from './tombstones.js';
import { VolumeSwaps } from './volume-swaps.js';

export interface LibvirtHypervisorOptions extends PlatformOptions {
  /** libvirtd's read-write unix socket, usually `/run/libvirt/libvirt-sock`. */
  socketPath: string;
  /** With what this host opens what storage hosts have sealed for it (`hostCredentialsKey`); absent where it has no volumes of Ceph's. */
  credentialsKey?: Buffer;
  /** One directory per guest, and tombstones, below it. */
  instancesDirectory: string;
  imageCache: ImageCache;
  hostNetwork: HostNetwork;
  clock: Clock;
  /** Told when reports cannot be made for now; they go on by themselves. */
  onTrouble?: (error: unknown) => void;
}

/** A domain that is ours, and what it remembers. */
interface OwnGuest {
  dom: DomainRef;
  domain: Domain;
  metadata: GuestMetadata;
}

/** Calls to libvirt under way at once while looking at all guests. */
const OBSERVERS = 16;
const DETACH_WITHIN = seconds(20);
const CAPABILITIES_WITHIN = seconds(15);

/**
 * Guests on one host, by libvirt.
 *
 * Theory of operation. A guest is a libvirt domain whose metadata carries the server's id and two generations: the newest
 * command accepted (older ones are `Outdated`) and the newest carried out (what reports say). Accepting comes first and
 * carrying out last, each step between looks before it acts, and so a command may be delivered again after a crash at any
 * moment. What a guest owns outside libvirt (disks, console log, the list of its ports) is in its directory, made before
 * the domain and removed after it; so whatever is left of a half-made or half-removed guest is found under its id.
 * Removal writes a tombstone first. Domains without our metadata are not ours: never reported, changed or removed.
 * Guests are libvirt's children, not ours: they live on when this process or libvirtd dies.
 */
export class LibvirtHypervisor implements Hypervisor {
  private readonly readers = new Set<GuestReports>();
  private readonly turns = new CommandTurns<ServerId>((id) => { for (const reader of this.readers) reader.mark(id); });
  private readonly power: GuestPower;
  private readonly nics: GuestNics;
  private readonly volumes: GuestVolumes;
  private readonly swaps: VolumeSwaps;
  private readonly images: DiskImages;
  private readonly stalled: StalledGuests;

  private constructor(
    private readonly options: LibvirtHypervisorOptions,
    private readonly libvirt: LibvirtClient,
    private readonly tombstones: Tombstones,
    private readonly platform: GuestPlatform,
    /** Whether guests run on the processor, and how that was found; for the log. */
    readonly virtualization: Virtualization,
  ) {
    this.nics = new GuestNics(libvirt, options.hostNetwork, platform, (id) => this.directoryOf(id), DETACH_WITHIN);
    this.volumes = new GuestVolumes(libvirt, platform, DETACH_WITHIN, options.credentialsKey);
    this.swaps = new VolumeSwaps(libvirt, this.volumes);
    this.images = new DiskImages(libvirt, (id) => this.directoryOf(id));
    this.stalled = new StalledGuests(libvirt, (error) => options.onTrouble?.(error));
    this.stalled.start();
    this.power = new GuestPower(libvirt, (dom, signal) => this.nics.ensureTaps(dom, signal));
  }

  /**
   * Prepares the directories and finds out whether KVM works (up to three seconds); libvirt itself may still be down.
   * `Refused` where the image cache is on another file system than the guests' directories.
   */
  static async open(options: LibvirtHypervisorOptions): Promise<LibvirtHypervisor> {
    const { instancesDirectory, imageCache, clock, hostNetwork, socketPath } = options;
    await mkdir(instancesDirectory, { recursive: true, mode: 0o711 });
    await requireSameFileSystem(instancesDirectory, imageCache.directory);
    const tombstones = await Tombstones.open(join(instancesDirectory, '.tombstones'), clock);
    const libvirt = new LibvirtClient(socketPath);
    const { platform, virtualization } = await findPlatform(options, instancesDirectory, hostNetwork.allowsOffloads, () => offersKvm(libvirt));
    return new LibvirtHypervisor(options, libvirt, tombstones, platform, virtualization);
  }

  /** Lets go of libvirt; guests run on. */
  close(): void {
    this.stalled.stop();
    this.libvirt.close();
  }

  resources(signal: AbortSignal): Promise<HostResources> {
    return this.translating(signal, async () =>
      hostResources(await this.libvirt.node(signal), this.virtualization.isHardware, this.options.instancesDirectory));
  }

  observe(signal: AbortSignal): Promise<ObservedGuest[]> {
    return this.translating(signal, async () => {
      const guests = await mapLimit(await this.libvirt.list(signal), OBSERVERS, (dom) => this.observed(dom, signal));
      return guests.filter((guest) => guest !== undefined);
    });
  }

  async ensureGuest(spec: GuestSpec, caller: AbortSignal): Promise<void> {
    requireSpec(spec);
    return this.inTurn(spec, caller, async (signal) => {
      const dead = await this.tombstones.find(spec.id);
      if (dead !== undefined && dead >= spec.generation) throw new Outdated('guest', spec.id);
      const guest = await this.find(spec, signal);
      const dom = guest === undefined ? await this.build(spec, signal) : await this.adapt(guest, spec, signal);
      await this.power.ensureRunning(dom, signal);
      await this.settle(dom, spec, signal);
    });
  }

  ensurePower(request: PowerRequest, caller: AbortSignal): Promise<void> {
    return this.changing(request, caller, async ({ dom, metadata }, signal) => {
      await this.power.ensure(dom, request, metadata.carriedOut >= request.generation, signal);
    });
  }

  ensureNoGuest(id: ServerId, generation: number, caller: AbortSignal): Promise<void> {
    return this.inTurn({ id, generation }, caller, async (signal) => {
      const guest = await this.find({ id, generation }, signal);
      await this.tombstones.put(id, generation);
      if (guest) await this.removeDomain(guest, signal);
      await this.nics.removeAll(id, guest?.domain.nics ?? [], signal);
      await this.volumes.removeSecretsOf(id, signal);
      await rm(this.directoryOf(id), { recursive: true, force: true });
      await this.options.imageCache.evictUnused();
    });
  }

  ensureNic(id: ServerId, generation: number, nic: GuestNic, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.nics.ensure(dom, nic, signal));
  }

  ensureNoNic(id: ServerId, generation: number, portId: PortId, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.nics.ensureNone(dom, portId, signal));
  }

  async ensureDisk(id: ServerId, generation: number, volume: GuestVolume, caller: AbortSignal): Promise<void> {
    requireVolume(volume);
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.volumes.ensure(dom, volume, signal));
  }

  ensureNoDisk(id: ServerId, generation: number, attachmentId: AttachmentId, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.volumes.ensureNone(dom, attachmentId, signal));
  }

  ensureDiskSize(id: ServerId, generation: number, disk: { attachmentId: AttachmentId; sizeBytes: number }, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.volumes.ensureSize(dom, disk, signal));
  }

  ensureDiskLimits(id: ServerId, generation: number, disk: { attachmentId: AttachmentId; limits: DiskLimits }, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.volumes.ensureLimits(dom, disk, signal));
  }

  async ensureDiskCopied(id: ServerId, generation: number, swap: DiskSwap, caller: AbortSignal): Promise<void> {
    requireVolume(swap.to);
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.swaps.ensureCopied(dom, swap, signal));
  }

  async ensureDiskSwapped(id: ServerId, generation: number, swap: DiskSwap, caller: AbortSignal): Promise<void> {
    requireVolume(swap.to);
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.swaps.ensureSwapped(dom, swap, signal));
  }

  ensureDiskImage(id: ServerId, generation: number, name: string, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.images.ensure(dom, name, signal));
  }

  useDiskImage(id: ServerId, generation: number, name: string, use: (image: DiskImage, signal: AbortSignal) => Promise<void>, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.images.use(dom, name, use, signal));
  }

  ensureNoDiskImage(id: ServerId, generation: number, name: string, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, ({ dom }, signal) => this.images.ensureNone(dom, name, signal));
  }

  async consoleOutput(id: ServerId, maxBytes: number, signal: AbortSignal): Promise<string> {
    requireId(id);
    signal.throwIfAborted();
    if (!(await stat(this.directoryOf(id)).catch(absent))) throw noSuchGuest(id);
    return readConsole(this.directoryOf(id), maxBytes);
  }

  async *reports(signal: AbortSignal): AsyncIterable<GuestReport> {
    const reader = new GuestReports(this.libvirt, {
      observe: (within) => this.observe(within),
      look: (id, within) => this.look(id, within),
      isBusy: (id) => this.turns.isBusy(id),
    }, (error) => this.options.onTrouble?.(error));
    this.readers.add(reader);
    try {
      yield* reader.read(signal);
    } finally {
      this.readers.delete(reader);
    }
  }

  /** From nothing, or from what an interrupted build left. */
  private async build(spec: GuestSpec, signal: AbortSignal): Promise<DomainRef> {
    const directory = this.directoryOf(spec.id);
    await ensureDisks(directory, spec.disks, this.options.imageCache, signal);
    const taps = await this.nics.makeTaps(spec.id, spec.nics, signal);
    await this.volumes.ensureSecrets(spec.id, spec.volumes ?? [], signal);
    return this.libvirt.define(guestXml(spec, this.platform, { directory, taps }), signal);
  }

  private async adapt(guest: OwnGuest, spec: GuestSpec, signal: AbortSignal): Promise<DomainRef> {
    const { dom, domain, metadata } = guest;
    await requireDisks(domain.diskFiles);
    await this.accept(guest, newMetadata(spec, metadata.carriedOut), signal);
    await this.nics.ensureExactly(dom, spec.nics, signal);
    if (spec.volumes) await this.volumes.ensureExactly(dom, spec.volumes, signal);
    const hasItsShape = domain.vcpus === spec.vcpus && domain.memoryMebibytes === spec.memoryMebibytes;
    if (hasItsShape || (await this.libvirt.state(dom, signal))?.isActive) return dom;
    const directory = this.directoryOf(spec.id);
    const taps = await this.nics.makeTaps(spec.id, spec.nics, signal);
    const whole = { ...spec, volumes: spec.volumes ?? domain.volumes };
    return this.libvirt.define(guestXml(whole, this.platform, { directory, taps }, metadata.carriedOut), signal);
  }

  private async removeDomain({ dom }: OwnGuest, signal: AbortSignal): Promise<void> {
    await this.libvirt.cutPower(dom, signal);
    await this.libvirt.undefine(dom, signal);
  }

  /** A command to an existing guest: accepted first, marked as carried out last. */
  private changing(
    command: { id: ServerId; generation: number }, caller: AbortSignal, work: (guest: OwnGuest, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    return this.inTurn(command, caller, async (signal) => {
      const guest = await this.find(command, signal);
      if (guest === undefined) throw await this.missing(command);
      await this.accept(guest, { ...guest.metadata, generation: command.generation }, signal);
      await work(guest, signal);
      await this.settle(guest.dom, command, signal);
    });
  }

  private async accept({ dom, metadata }: OwnGuest, next: GuestMetadata, signal: AbortSignal): Promise<void> {
    if (metadata.generation < next.generation) await this.write(dom, next, signal);
  }

  private async settle(dom: DomainRef, command: { id: ServerId; generation: number }, signal: AbortSignal): Promise<void> {
    const guest = await this.find(command, signal);
    if (guest === undefined) throw new DriverUnavailable('libvirt', { cause: new Error(`domain ${dom.name} vanished`) });
    if (guest.metadata.carriedOut < command.generation) {
      await this.write(dom, { ...guest.metadata, carriedOut: command.generation }, signal);
    }
  }

  private async write(dom: DomainRef, metadata: GuestMetadata, signal: AbortSignal): Promise<void> {
    const isActive = (await this.libvirt.state(dom, signal))?.isActive ?? false;
    await this.libvirt.setMetadata(dom, { xml: bareMetadataXml(metadata), prefix: METADATA_PREFIX, uri: METADATA_URI }, isActive, signal);
  }

  /** Our guest under that id; `Outdated` where it has accepted a newer command, `Refused` where the domain is not ours. */
  private async find({ id, generation }: { id: ServerId; generation: number }, signal: AbortSignal): Promise<OwnGuest | undefined> {
    const dom = await this.libvirt.find(id, signal);
    const domain = dom && await this.libvirt.describe(dom, signal);
    if (dom === undefined || domain === undefined) return undefined;
    if (domain.metadata === undefined) throw new Refused('libvirt', `domain ${id} was not made by this cloud`);
    if (domain.metadata.generation > generation) throw new Outdated('guest', id);
    return { dom, domain, metadata: domain.metadata };
  }

  private async missing({ id, generation }: { id: ServerId; generation: number }): Promise<Error> {
    const dead = await this.tombstones.find(id);
    return dead !== undefined && dead >= generation ? new Outdated('guest', id) : noSuchGuest(id);
  }

  private async observed(dom: DomainRef, signal: AbortSignal): Promise<ObservedGuest | undefined> {
    const [domain, state] = await Promise.all([this.libvirt.describe(dom, signal), this.libvirt.state(dom, signal)]);
    if (domain?.metadata === undefined || state === undefined) return undefined;
    const id = dom.uuid as ServerId;
    await limitConsole(this.directoryOf(id));
    const attachmentIds = domain.volumes.map((volume) => volume.attachmentId);
    const { pciAddresses } = (state.isActive ? await this.libvirt.describeLive(dom, signal) : undefined) ?? domain;
    return {
      id, generation: domain.metadata.carriedOut, power: state.power, portIds: domain.nics.map((nic) => nic.portId),
      ...(attachmentIds.length > 0 && { attachmentIds }), pciAddresses,
    };
  }

  private async look(id: ServerId, signal: AbortSignal): Promise<GuestReport | undefined> {
    const dom = await this.libvirt.find(id, signal);
    const guest = dom && await this.observed(dom, signal);
    if (guest) return guest;
    const generation = dom === undefined ? await this.tombstones.find(id) : undefined;
    return generation === undefined ? undefined : { id, generation, power: undefined, portIds: [] };
  }

  private inTurn(
    { id, generation }: { id: ServerId; generation: number }, caller: AbortSignal, work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    requireId(id);
    return this.turns.run({ kind: 'guest', id, generation }, caller, (signal) => this.translating(signal, () => work(signal)));
  }

  private async translating<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw translated(error, signal);
    }
  }

  private directoryOf(id: ServerId): string {
    return join(this.options.instancesDirectory, id);
  }
}

/** A libvirt that cannot be asked yet is taken to offer what a test guest could use. */
async function offersKvm(libvirt: LibvirtClient): Promise<boolean> {
  const node = await libvirt.node(AbortSignal.timeout(CAPABILITIES_WITHIN)).catch(() => undefined);
  return node === undefined || hasKvmGuests(node);
}

async function requireSameFileSystem(instances: string, images: string): Promise<void> {
  const [one, other] = await Promise.all([stat(instances), stat(images)]);
  if (one.dev !== other.dev) throw new Refused('libvirt', `${instances} and ${images} must be on one file system: guests hold hard links of images`);
}

function noSuchGuest(id: ServerId): Refused {
  return new Refused('libvirt', `there is no guest ${id} on this host`);
}
