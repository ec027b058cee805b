import { Readable } from 'node:stream';
import { unlessAborted, type AttachmentId, type PortId, type ServerId } from '@virga/kernel';
import {
  CommandTurns, DriverUnavailable, Outdated, Refused,
  type DiskImage, type DiskLimits, type DiskSwap, type GuestNic, type GuestPower, type GuestReport, type GuestSpec, type GuestVolume, type HostNetwork, type HostResources, type Hypervisor,
  type ObservedGuest, type PowerRequest,
} from '@virga/ports';
import { requireId, requireSpec, requireVolume } from '../spec-rules.js';
import { ReportLog } from './report-log.js';

export interface SimHypervisorOptions {
  hostname?: string;
  vcpus?: number;
  memoryMebibytes?: number;
  diskGibibytes?: number;
  /** Where guests' NICs are plugged in; without one, NICs exist only here. */
  hostNetwork?: HostNetwork;
}

interface SimGuest {
  spec: GuestSpec;
  generation: number;
  carriedOut: number;
  power: GuestPower;
  /** How often it booted; tells a restart from a guest that just runs on. */
  boots: number;
  console: string;
  /** What it was told of its disks' sizes since it booted. */
  diskSizes: Map<AttachmentId, number>;
  /** What its disks are copied to. */
  copies: Map<AttachmentId, AttachmentId>;
  /** Images of its root disk, by name. */
  images: Map<string, string>;
}

/**
 * A hypervisor host in memory, as honest as the conformance suite makes it: the same refusals, tombstones, generations,
 * order of commands and reports as `LibvirtHypervisor`, with guests that boot at once and follow every request.
 *
 * Deterministic: nothing here waits for time. Tests steer it: `fail` the next calls, `freeze` it (calls wait until it is
 * thawed or they give up, as with a hung daemon), let it `vanish` (as with a dead host) and come `back`.
 */
export class SimHypervisor implements Hypervisor {
  private readonly alive = new Map<ServerId, SimGuest>();
  private readonly tombstones = new Map<ServerId, number>();
  private readonly log = new ReportLog();
  private readonly turns = new CommandTurns<ServerId>((id) => this.tell(id));
  private failures = 0;
  private isGone = false;
  private frozen: { thawed: Promise<void>; thaw(): void } | undefined;

  constructor(private readonly options: SimHypervisorOptions = {}) {}

  /** The next `count` calls fail as if libvirt had hiccups. */
  fail(count: number): void {
    this.failures = count;
  }

  /** Every call waits until `thaw`, or until its signal aborts. */
  freeze(): void {
    if (this.frozen) return;
    let thaw: () => void = () => undefined;
    const thawed = new Promise<void>((resolve) => { thaw = resolve; });
    this.frozen = { thawed, thaw };
  }

  thaw(): void {
    this.frozen?.thaw();
    this.frozen = undefined;
  }

  /** The host is dead: calls fail and nothing is reported until `comeBack`. Its guests are lost power, not disks. */
  vanish(): void {
    this.isGone = true;
    this.log.mute();
    for (const guest of this.alive.values()) guest.power = 'shutdown';
  }

  comeBack(): void {
    this.isGone = false;
    this.log.unmute([...this.alive.keys()].map((id) => this.report(id)));
  }

  /** What runs on the host, for assertions. */
  guests(): { id: ServerId; generation: number; power: GuestPower; boots: number; portIds: PortId[]; spec: GuestSpec }[] {
    return [...this.alive.entries()].map(([id, guest]) => ({
      id, generation: guest.carriedOut, power: guest.power, boots: guest.boots, portIds: portIdsOf(guest), spec: guest.spec,
    }));
  }

  /** Something the guest does by itself: power off from inside, crash, reboot. */
  happens(id: ServerId, event: 'powers-off' | 'crashes' | 'reboots'): void {
    const guest = this.require(id);
    if (event === 'reboots') boot(guest);
    if (event === 'powers-off') guest.power = 'shutdown';
    if (event === 'crashes') guest.power = 'crashed';
    this.log.add(this.report(id));
  }

  /** What a running guest was told of its disk's size. */
  diskSize(id: ServerId, attachmentId: AttachmentId): number | undefined {
    return this.require(id).diskSizes.get(attachmentId);
  }

  /** What the guest writes to its serial port. */
  prints(id: ServerId, text: string): void {
    this.require(id).console += text;
  }

  async resources(signal: AbortSignal): Promise<HostResources> {
    await this.reach(signal);
    const { hostname = 'sim-host', vcpus = 8, memoryMebibytes = 16_384, diskGibibytes = 100 } = this.options;
    const specs = [...this.alive.values()].map((guest) => guest.spec);
    return {
      hypervisorType: 'QEMU', hypervisorVersion: 7_002_000, hypervisorHostname: hostname, hasHardwareVirtualization: false,
      vcpus, memoryMebibytes, diskGibibytes,
      memoryUsedMebibytes: sum(specs.map((spec) => spec.memoryMebibytes)),
      diskUsedGibibytes: Math.ceil(sum(specs.flatMap((spec) => spec.disks.map((disk) => disk.sizeBytes))) / 1024 ** 3),
      cpuModel: 'simulated', traits: ['COMPUTE_NODE'],
    };
  }

  async observe(signal: AbortSignal): Promise<ObservedGuest[]> {
    await this.reach(signal);
    return this.guests().map(({ id, generation, power, portIds, spec }) => ({ id, generation, power, portIds, ...attachmentsOf(spec), pciAddresses: placesOf(spec) }));
  }

  async ensureGuest(spec: GuestSpec, caller: AbortSignal): Promise<void> {
    requireSpec(spec);
    await this.inTurn(spec, caller, async (signal) => {
      const dead = this.tombstones.get(spec.id);
      if (dead !== undefined && dead >= spec.generation) throw new Outdated('guest', spec.id);
      const guest = this.find(spec) ?? this.build(spec);
      guest.generation = spec.generation;
      for (const { portId } of guest.spec.nics.filter((nic) => !spec.nics.some((wanted) => wanted.portId === nic.portId))) {
        await this.options.hostNetwork?.ensureNoNic(portId, signal);
      }
      for (const nic of spec.nics) await this.options.hostNetwork?.ensureNic(nic, signal);
      guest.spec = reshaped(guest, spec);
      run(guest);
      guest.carriedOut = spec.generation;
    });
  }

  ensurePower(request: PowerRequest, caller: AbortSignal): Promise<void> {
    return this.changing(request, caller, async (guest) => {
      const isRepeated = guest.carriedOut >= request.generation;
      if (request.power === 'shutdown') { guest.power = 'shutdown'; return; }
      if (request.restart !== undefined && !isRepeated) guest.power = 'shutdown';
      run(guest);
      guest.power = request.power;
    });
  }

  async ensureNoGuest(id: ServerId, generation: number, caller: AbortSignal): Promise<void> {
    await this.inTurn({ id, generation }, caller, async (signal) => {
      const guest = this.find({ id, generation });
      this.tombstones.set(id, Math.max(generation, this.tombstones.get(id) ?? 0));
      for (const portId of guest ? portIdsOf(guest) : []) await this.options.hostNetwork?.ensureNoNic(portId, signal);
      this.alive.delete(id);
    });
  }

  ensureNic(id: ServerId, generation: number, nic: GuestNic, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest, signal) => {
      await this.options.hostNetwork?.ensureNic(nic, signal);
      const others = guest.spec.nics.filter((other) => other.portId !== nic.portId);
      guest.spec = { ...guest.spec, nics: [...others, nic] };
    });
  }

  ensureNoNic(id: ServerId, generation: number, portId: PortId, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest, signal) => {
      guest.spec = { ...guest.spec, nics: guest.spec.nics.filter((nic) => nic.portId !== portId) };
      await this.options.hostNetwork?.ensureNoNic(portId, signal);
    });
  }

  async ensureDisk(id: ServerId, generation: number, volume: GuestVolume, caller: AbortSignal): Promise<void> {
    requireVolume(volume);
    return this.changing({ id, generation }, caller, async (guest) => {
      const others = volumesOf(guest).filter((other) => other.attachmentId !== volume.attachmentId);
      if ([...others, ...guest.spec.disks].some(({ target }) => target === volume.target)) {
        throw new DriverUnavailable('libvirt', { cause: new Error(`target ${volume.target} is taken`) });
      }
      guest.copies.delete(volume.attachmentId);
      guest.spec = { ...guest.spec, volumes: [...others, volume] };
    });
  }

  ensureNoDisk(id: ServerId, generation: number, attachmentId: AttachmentId, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest) => {
      guest.spec = { ...guest.spec, volumes: volumesOf(guest).filter((other) => other.attachmentId !== attachmentId) };
    });
  }

  ensureDiskSize(id: ServerId, generation: number, disk: { attachmentId: AttachmentId; sizeBytes: number }, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest) => {
      if (guest.power === 'shutdown' || guest.power === 'crashed') return;
      requireAttached(guest, disk.attachmentId);
      guest.diskSizes.set(disk.attachmentId, disk.sizeBytes);
    });
  }

  ensureDiskLimits(id: ServerId, generation: number, { attachmentId, limits }: { attachmentId: AttachmentId; limits: DiskLimits }, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest) => {
      requireAttached(guest, attachmentId);
      guest.spec = { ...guest.spec, volumes: volumesOf(guest).map((volume) => (volume.attachmentId === attachmentId ? { ...volume, limits } : volume)) };
    });
  }

  async ensureDiskCopied(id: ServerId, generation: number, { attachmentId, to }: DiskSwap, caller: AbortSignal): Promise<void> {
    requireVolume(to);
    return this.changing({ id, generation }, caller, async (guest) => {
      if (isOff(guest)) throw new Refused('libvirt', 'the guest does not run: nothing is copied');
      if (volumesOf(guest).some((volume) => volume.attachmentId === to.attachmentId)) return;
      requireAttached(guest, attachmentId);
      guest.copies.set(attachmentId, to.attachmentId);
    });
  }

  async ensureDiskSwapped(id: ServerId, generation: number, { attachmentId, to }: DiskSwap, caller: AbortSignal): Promise<void> {
    requireVolume(to);
    return this.changing({ id, generation }, caller, async (guest) => {
      if (volumesOf(guest).some((volume) => volume.attachmentId === to.attachmentId)) return;
      if (isOff(guest) || guest.copies.get(attachmentId) !== to.attachmentId) throw new Refused('libvirt', `there is no complete copy of the volume of attachment ${attachmentId}`);
      guest.copies.delete(attachmentId);
      guest.spec = { ...guest.spec, volumes: volumesOf(guest).map((volume) => (volume.attachmentId === attachmentId ? to : volume)) };
    });
  }

  ensureDiskImage(id: ServerId, generation: number, name: string, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest) => {
      if (guest.spec.disks.every(({ role }) => role !== 'root')) throw new Refused('libvirt', 'the guest has no root disk on this host');
      guest.images = new Map([[name, guest.images.get(name) ?? `disk of ${guest.spec.name}`]]);
    });
  }

  useDiskImage(id: ServerId, generation: number, name: string, use: (image: DiskImage, signal: AbortSignal) => Promise<void>, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest, signal) => {
      const bytes = guest.images.get(name);
      if (bytes === undefined) throw new Refused('libvirt', 'there is no such image of the guest\'s disk');
      await use({ sizeBytes: bytes.length, open: () => Readable.from([Buffer.from(bytes)]) }, signal);
    });
  }

  ensureNoDiskImage(id: ServerId, generation: number, name: string, caller: AbortSignal): Promise<void> {
    return this.changing({ id, generation }, caller, async (guest) => { guest.images.delete(name); });
  }

  async consoleOutput(id: ServerId, maxBytes: number, signal: AbortSignal): Promise<string> {
    requireId(id);
    await this.reach(signal);
    const guest = this.alive.get(id) ?? raiseMissing(id);
    return Buffer.from(guest.console, 'utf8').subarray(-maxBytes).toString('utf8');
  }

  reports(signal: AbortSignal): AsyncIterable<GuestReport> {
    return this.log.read(this.isGone ? [] : [...this.alive.keys()].map((id) => this.report(id)), signal);
  }

  private changing(
    command: { id: ServerId; generation: number }, caller: AbortSignal, work: (guest: SimGuest, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    return this.inTurn(command, caller, async (signal) => {
      const guest = this.find(command);
      if (guest === undefined) throw this.missing(command);
      guest.generation = command.generation;
      await work(guest, signal);
      guest.carriedOut = command.generation;
    });
  }

  private async inTurn(
    { id, generation }: { id: ServerId; generation: number }, caller: AbortSignal, work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    requireId(id);
    await this.turns.run({ kind: 'guest', id, generation }, caller, async (signal) => {
      await this.reach(signal);
      await work(signal);
    });
  }

  private async reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.frozen) await unlessAborted(this.frozen.thawed, signal);
    if (this.isGone) throw new DriverUnavailable('libvirt', { cause: new Error('the simulated host has vanished') });
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new DriverUnavailable('libvirt', { cause: new Error('a simulated failure') });
  }

  private build(spec: GuestSpec): SimGuest {
    const guest: SimGuest = { spec, generation: spec.generation, carriedOut: 0, power: 'shutdown', boots: 0, console: '', diskSizes: new Map(), copies: new Map(), images: new Map() };
    this.alive.set(spec.id, guest);
    return guest;
  }

  private find({ id, generation }: { id: ServerId; generation: number }): SimGuest | undefined {
    const guest = this.alive.get(id);
    if (guest && guest.generation > generation) throw new Outdated('guest', id);
    return guest;
  }

  private missing({ id, generation }: { id: ServerId; generation: number }): Error {
    const dead = this.tombstones.get(id);
    return dead !== undefined && dead >= generation ? new Outdated('guest', id) : noSuchGuest(id);
  }

  private require(id: ServerId): SimGuest {
    return this.alive.get(id) ?? raiseMissing(id);
  }

  /** A command that was refused for a guest that never was here is nobody's news. */
  private tell(id: ServerId): void {
    if (this.alive.has(id) || this.tombstones.has(id)) this.log.add(this.report(id));
  }

  private report(id: ServerId): GuestReport {
    const guest = this.alive.get(id);
    if (guest) return { id, generation: guest.carriedOut, power: guest.power, portIds: portIdsOf(guest), ...attachmentsOf(guest.spec), pciAddresses: placesOf(guest.spec) };
    return { id, generation: this.tombstones.get(id) ?? 0, power: undefined, portIds: [] };
  }
}

const portIdsOf = (guest: SimGuest): PortId[] => guest.spec.nics.map((nic) => nic.portId);

const volumesOf = (guest: SimGuest): GuestVolume[] => guest.spec.volumes ?? [];

const attachmentsOf = ({ volumes = [] }: GuestSpec): { attachmentIds?: AttachmentId[] } =>
  (volumes.length === 0 ? {} : { attachmentIds: volumes.map((volume) => volume.attachmentId) });

/** One slot after another. */
const placesOf = ({ disks, volumes = [], nics }: GuestSpec): Record<string, string> => Object.fromEntries(
  [...[...disks, ...volumes].map(({ target }) => target).sort(), ...nics.map(({ portId }) => portId)].map((name, slot) => [name, `0000:00:${(slot + 3).toString(16).padStart(2, '0')}.0`]),
);

const isOff = ({ power }: SimGuest): boolean => power === 'shutdown' || power === 'crashed';

function requireAttached(guest: SimGuest, attachmentId: AttachmentId): void {
  if (volumesOf(guest).some((volume) => volume.attachmentId === attachmentId)) return;
  throw new Refused('libvirt', `the guest has no volume of attachment ${attachmentId}`);
}

/** Processors and memory of a running guest stay as they are. */
function reshaped(guest: SimGuest, spec: GuestSpec): GuestSpec {
  const kept = { disks: guest.spec.disks, volumes: spec.volumes ?? volumesOf(guest) };
  if (guest.power === 'shutdown' || guest.power === 'crashed') return { ...spec, ...kept };
  return { ...spec, ...kept, vcpus: guest.spec.vcpus, memoryMebibytes: guest.spec.memoryMebibytes };
}

function run(guest: SimGuest): void {
  if (guest.power === 'shutdown' || guest.power === 'crashed') boot(guest);
  guest.power = 'running';
}

function boot(guest: SimGuest): void {
  guest.boots += 1;
  guest.diskSizes.clear();
  guest.copies.clear();
  guest.console += `${guest.spec.name} boots, for the ${guest.boots}. time\n`;
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

const noSuchGuest = (id: ServerId): Refused => new Refused('libvirt', `there is no guest ${id} on this host`);

function raiseMissing(id: ServerId): never {
  throw noSuchGuest(id);
}
