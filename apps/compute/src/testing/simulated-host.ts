import type { MessageBody, MessageContract } from '@virga/contract';
import {
  commandFailed, ensureDisk, ensureDiskCopied, ensureDiskImage, ensureDiskSize, ensureDiskSwapped, ensureGuest, ensureNic, ensureNoDisk, ensureNoDiskImage, ensureNoGuest, ensureNoNic, ensurePower, guestReport, hostReport, uploadDiskImage,
  type GuestCommand, type GuestVolumeSpec,
} from '@virga/contracts-compute';

export interface SimulatedGuest {
  id: string;
  generation: number;
  power: 'running' | 'paused' | 'shutdown' | 'crashed';
  portIds: string[];
  volumes: GuestVolumeSpec[];
  /** What it was told of its volumes' sizes, by attachment. */
  diskSizes: Record<string, number>;
  /** To which attachment each of its volumes is copied. */
  copies: Record<string, string>;
  /** For which images it keeps what the disk held. */
  diskImages: string[];
  spec: GuestCommand;
  /** How often it was started. */
  boots: number;
}

export interface Report {
  contract: MessageContract;
  body: unknown;
  sequence: number;
}

type Body<Contract extends MessageContract> = MessageBody<Contract>;

/** A hypervisor host with its agent, as far as the bus shows them: it obeys commands by generation and reports what it has. */
export class SimulatedHost {
  readonly guests = new Map<string, SimulatedGuest>();
  readonly tombstones = new Map<string, number>();
  readonly consoles = new Map<string, string>();
  /** Reports that nobody has taken yet. */
  readonly reports: Report[] = [];
  /** It answers nothing any more. */
  isGone = false;
  /** Its guests do not let go of their volumes. */
  keepsDisks = false;
  /** What it says instead of making guests. */
  refusal: { code: string; message: string; isFinal: boolean } | undefined;
  resources = { vcpus: 1_024, memoryMebibytes: 4_194_304, diskGibibytes: 20_000, traits: ['COMPUTE_NODE'] };
  private sequence = 0;

  constructor(readonly name: string, readonly zone = 'nova') {}

  /** Carries out a command, as an agent would after it came from the queue. */
  obey(type: string, body: unknown): void {
    if (this.isGone) return;
    const { id } = body as { id: string };
    if (this.refusal !== undefined && type === ensureGuest.type) {
      const { generation } = body as Body<typeof ensureGuest>;
      this.report(commandFailed, { id, generation, command: type, ...this.refusal });
      return;
    }
    if (this.isRefused(type, body as never)) return;
    this.commands[type]?.(body as never);
    this.reportGuest(id, (body as { generation: number }).generation);
  }

  /** It has just started, or a while has passed: it says what it is and has. */
  announce(): void {
    if (this.isGone) return;
    const { vcpus, memoryMebibytes, diskGibibytes, traits } = this.resources;
    this.report(hostReport, {
      availabilityZone: this.zone, agentVersion: '1',
      resources: {
        hypervisorType: 'QEMU', hypervisorVersion: 7_002_000, hypervisorHostname: `${this.name}.example`, hasHardwareVirtualization: true, vcpus,
        memoryMebibytes, memoryUsedMebibytes: 0, diskGibibytes, diskUsedGibibytes: 0, cpuModel: 'simulated', traits,
      },
      guests: [...this.guests.values()].map(observed),
    });
  }

  /** A guest changes its power by itself, and the host says so. */
  guestBecomes(id: string, power: SimulatedGuest['power']): void {
    const guest = this.guests.get(id);
    if (guest === undefined) throw new Error(`${this.name} has no guest ${id}.`);
    guest.power = power;
    this.reportGuest(id, guest.generation);
  }

  private readonly commands: Readonly<Record<string, (body: never) => void>> = {
    [ensureGuest.type]: (spec: GuestCommand) => this.ensureGuest(spec),
    [ensurePower.type]: (body: Body<typeof ensurePower>) => {
      if (this.isOutdated(body.id, body.generation)) return;
      if (!this.guests.has(body.id) && body.guest !== null) this.ensureGuest(body.guest);
      const guest = this.guests.get(body.id);
      if (guest === undefined) return;
      const isNew = body.generation > guest.generation;
      if (body.power === 'running' && guest.power !== 'paused' && (guest.power !== 'running' || (body.restart !== null && isNew))) guest.boots++;
      Object.assign(guest, { power: body.power, generation: body.generation });
    },
    [ensureNoGuest.type]: ({ id, generation }: Body<typeof ensureNoGuest>) => {
      if ((this.guests.get(id)?.generation ?? 0) > generation) return;
      this.guests.delete(id);
      this.tombstones.set(id, Math.max(generation, this.tombstones.get(id) ?? 0));
    },
    [ensureDiskImage.type]: ({ id, generation, imageId }: Body<typeof ensureDiskImage>) => this.keepImages(id, generation, () => [imageId]),
    [uploadDiskImage.type]: ({ id, generation }: Body<typeof uploadDiskImage>) => this.keepImages(id, generation, (images) => images),
    [ensureNoDiskImage.type]: ({ id, generation, imageId }: Body<typeof ensureNoDiskImage>) => this.keepImages(id, generation, (images) => images.filter((image) => image !== imageId)),
    [ensureDiskCopied.type]: ({ id, generation, attachmentId, to }: Body<typeof ensureDiskCopied>) => {
      this.changeVolumes(id, generation, (volumes) => volumes);
      const guest = this.guests.get(id);
      if (guest !== undefined) guest.copies[attachmentId] = to.attachmentId;
    },
    [ensureDiskSwapped.type]: ({ id, generation, attachmentId, to }: Body<typeof ensureDiskSwapped>) =>
      this.changeVolumes(id, generation, (volumes) => volumes.map((volume) => (volume.attachmentId === attachmentId ? to : volume))),
    [ensureDisk.type]: ({ id, generation, volume }: Body<typeof ensureDisk>) =>
      this.changeVolumes(id, generation, (volumes) => [...volumes.filter(({ attachmentId }) => attachmentId !== volume.attachmentId), volume]),
    [ensureNoDisk.type]: ({ id, generation, attachmentId }: Body<typeof ensureNoDisk>) => {
      // A guest that does not let go keeps the disk; it is asked again.
      if (!this.keepsDisks) this.changeVolumes(id, generation, (volumes) => volumes.filter((volume) => volume.attachmentId !== attachmentId));
    },
    [ensureDiskSize.type]: ({ id, generation, attachmentId, sizeBytes }: Body<typeof ensureDiskSize>) => {
      this.changeVolumes(id, generation, (volumes) => volumes);
      const guest = this.guests.get(id);
      if (guest !== undefined) guest.diskSizes[attachmentId] = sizeBytes;
    },
    [ensureNic.type]: ({ id, generation, nic }: Body<typeof ensureNic>) => this.changeNics(id, generation, (ports) => [...new Set([...ports, nic.portId])]),
    [ensureNoNic.type]: ({ id, generation, portId }: Body<typeof ensureNoNic>) => this.changeNics(id, generation, (ports) => ports.filter((port) => port !== portId)),
  };

  /** Only a guest that runs is copied from, and only what was copied is swapped. */
  private isRefused(type: string, { id, generation, attachmentId, to }: Body<typeof ensureDiskSwapped>): boolean {
    const guest = this.guests.get(id);
    const isSwap = type === ensureDiskSwapped.type && guest?.volumes.some((volume) => volume.attachmentId === to.attachmentId) === false;
    const isWrong = (isSwap && guest?.copies[attachmentId] !== to.attachmentId) || (type === ensureDiskCopied.type && guest?.power === 'shutdown');
    if (isWrong) this.refuse(id, generation, type, 'There is no copy.');
    return isWrong;
  }

  /** Says that a command can never be carried out. */
  refuse(id: string, generation: number, type: string, message: string): void {
    this.report(commandFailed, { id, generation, command: type, code: 'libvirt.refused', message, isFinal: true });
  }

  private changeVolumes(id: string, generation: number, change: (volumes: GuestVolumeSpec[]) => GuestVolumeSpec[]): void {
    const guest = this.guests.get(id);
    if (guest === undefined || this.isOutdated(id, generation)) return;
    Object.assign(guest, { generation, volumes: change(guest.volumes) });
  }

  private keepImages(id: string, generation: number, change: (images: string[]) => string[]): void {
    this.changeVolumes(id, generation, (volumes) => volumes);
    const guest = this.guests.get(id);
    if (guest?.generation === generation) guest.diskImages = change(guest.diskImages);
  }

  private ensureGuest(spec: GuestCommand): void {
    if (this.isOutdated(spec.id, spec.generation)) return;
    const known = this.guests.get(spec.id);
    // What runs keeps its shape until it is off.
    const shaped = known === undefined || known.power === 'shutdown' ? spec : { ...spec, vcpus: known.spec.vcpus, memoryMebibytes: known.spec.memoryMebibytes };
    const boots = (known?.boots ?? 0) + (known?.power === 'running' ? 0 : 1);
    this.guests.set(spec.id, {
      id: spec.id, generation: spec.generation, power: 'running', portIds: spec.nics.map(({ portId }) => portId), volumes: volumesOf(spec, known),
      diskSizes: {}, copies: {}, diskImages: known?.diskImages ?? [], spec: shaped, boots,
    });
    this.consoles.set(spec.id, Array.from({ length: 20 }, (_, line) => `boot line ${line + 1}\n`).join(''));
  }

  private changeNics(id: string, generation: number, change: (ports: string[]) => string[]): void {
    const guest = this.guests.get(id);
    if (guest === undefined || this.isOutdated(id, generation)) return;
    Object.assign(guest, { generation, portIds: change(guest.portIds) });
  }

  private isOutdated(id: string, generation: number): boolean {
    return generation < (this.guests.get(id)?.generation ?? 0) || generation <= (this.tombstones.get(id) ?? -1);
  }

  private reportGuest(id: string, generation: number): void {
    const guest = this.guests.get(id);
    const gone = { id, generation: this.tombstones.get(id) ?? generation, power: null, portIds: [] };
    this.report(guestReport, guest === undefined ? gone : observed(guest));
  }

  private report<Contract extends MessageContract>(contract: Contract, body: Body<Contract>): void {
    this.reports.push({ contract, body, sequence: ++this.sequence });
  }
}

function observed(guest: SimulatedGuest): Body<typeof hostReport>['guests'][number] {
  const { id, generation, power, portIds, volumes } = guest;
  return { id, generation, power, portIds, ...(volumes.length > 0 && { attachmentIds: volumes.map(({ attachmentId }) => attachmentId) }), pciAddresses: placesOf(guest) };
}

/** One slot after another. */
function placesOf({ spec, volumes, portIds }: SimulatedGuest): Record<string, string> {
  const targets = [...spec.disks, ...volumes].map(({ target }) => target).sort();
  return Object.fromEntries([...targets, ...portIds].map((name, slot) => [name, `0000:00:${(slot + 3).toString(16).padStart(2, '0')}.0`]));
}

/** A command that says nothing of volumes leaves them as they are. */
function volumesOf({ volumes }: GuestCommand, known: SimulatedGuest | undefined): GuestVolumeSpec[] {
  return volumes ?? known?.volumes ?? [];
}
