import { Injectable } from '@nestjs/common';
import type { VolumeFact } from '@virga/contracts-block-storage';
import type { BootImage } from '@virga/contracts-image';
import { Invalid, isUuid, mapLimit, newId, NotFound, raise, type AttachmentId, type Caller, type ServerId, type VolumeId } from '@virga/kernel';
import { freeTarget, targetNamed, type BlockDeviceId, type NewBlockDevice, type VolumeWish } from '../block-devices/index.js';
import { BlockStorageCalls, type Asker } from '../block-storage/index.js';
import type { Flavor } from '../flavors/index.js';
import { ImageCalls, requireFits, seedFrom, type SeedImage } from '../images/index.js';
import { DeviceInvalid, devicesOfImage, type DeviceWish } from './device-input.js';
import { localTargets } from './guest-spec.js';
import type { ServerWish } from './server-input.js';

/** A volume that a server gets, before it is known which server. */
export type PlannedDevice = Pick<NewBlockDevice, 'target' | 'bootIndex' | 'tag' | 'deleteOnTermination' | 'wish'> & { volumeId: VolumeId | null };

/** What a server boots from and which volumes it gets. */
export interface CheckedDevices {
  /** Null for a server that boots from a volume. */
  image: SeedImage | null;
  isVolumeBacked: boolean;
  devices: PlannedDevice[];
  /** Tags of disks that are no volumes, by target. */
  localDiskTags: Record<string, string>;
  /** What the image, or the image that the boot volume was made of, says of guests. */
  properties: Record<string, string>;
}

/** What one volume was found to be. */
interface Found {
  volumeId: VolumeId | null;
  wish: VolumeWish | null;
  properties: Record<string, string>;
}

/** Checks what a creator wants to boot from and to have as volumes. Whatever is named and cannot be had makes the request a wrong one: 400. */
@Injectable()
export class DeviceCheck {
  constructor(private readonly images: ImageCalls, private readonly storage: BlockStorageCalls) {}

  async check(caller: Caller, wish: ServerWish, flavor: Flavor, signal: AbortSignal): Promise<CheckedDevices> {
    const image = wish.imageId === undefined ? undefined : await this.images.describe(caller, wish.imageId, signal);
    const wanted = merged(image === undefined ? [] : devicesOfImage(image.properties), wish.devices);
    requireLocalDisks(wanted, flavor);
    const root = rootOf(wanted, image);
    const volumes = wanted.filter(({ destination }) => destination === 'volume');
    if (wish.count.max > 1 && volumes.some(({ source }) => source === 'volume')) throw new DeviceInvalid('Cannot attach one or more volumes to multiple instances.');
    const found = await this.findAll(caller, wish, volumes, flavor, signal);
    const devices = planned(volumes, found, flavor, 'source' in root);
    const localDiskTags = tagsOfLocal(wanted, flavor, 'source' in root);
    if ('source' in root) return { image: null, isVolumeBacked: true, devices, localDiskTags, properties: found[volumes.indexOf(root)]?.properties ?? {} };
    const seed = seedFrom(root);
    requireFits(root, flavor);
    return { image: seed, isVolumeBacked: false, devices, localDiskTags, properties: root.properties };
  }

  private async findAll(caller: Caller, { allowsMultiattach }: ServerWish, volumes: readonly DeviceWish[], flavor: Flavor, signal: AbortSignal): Promise<Found[]> {
    const asker = { projectId: caller.projectId ?? '', isAdmin: caller.roles.has('admin') };
    const seen = await this.existing(asker, volumes, signal);
    return mapLimit(volumes, 4, (device) => this.find({ caller, asker, seen, flavor, signal, allowsMultiattach }, device));
  }

  private async existing(asker: Asker, devices: readonly DeviceWish[], signal: AbortSignal): Promise<ReadonlyMap<string, VolumeFact>> {
    const ids = devices.flatMap(({ source, id }) => (source === 'volume' && id !== null ? [id.toLowerCase()] : []));
    if (new Set(ids).size < ids.length) throw new DeviceInvalid('a volume is named twice.');
    if (ids.length === 0) return new Map();
    const facts = await this.storage.describeVolumes(asker, ids, { signal }).catch(unknown((text) => `failed to get volume ${text}`));
    return new Map(facts.map((fact) => [fact.id, fact]));
  }

  private async find(asked: Asked, device: DeviceWish): Promise<Found> {
    const id = device.id?.toLowerCase() ?? '';
    const isRoot = device.bootIndex === 0;
    if (device.source === 'volume') {
      const fact = requireAttachable(asked.seen.get(id) ?? raise(new DeviceInvalid(`failed to get volume ${id}.`)), asked.allowsMultiattach);
      if (isRoot) requireBootable(fact, asked.flavor);
      return { volumeId: fact.id as VolumeId, wish: null, properties: fact.imageMetadata };
    }
    if (device.source === 'image') return this.fromImage(asked, device, id);
    if (device.source === 'snapshot') return this.fromSnapshot(asked, device, id);
    if (isRoot) throw new DeviceInvalid('a blank volume cannot be booted from.');
    if (device.sizeGibibytes === null) throw new DeviceInvalid('Blank volumes (source: \'blank\', dest: \'volume\') need to have non-zero size');
    return made({ kind: 'blank' }, device.sizeGibibytes, device, {});
  }

  private async fromImage({ caller, flavor, signal }: Asked, device: DeviceWish, imageId: string): Promise<Found> {
    if (device.sizeGibibytes === null) throw new DeviceInvalid('Images with destination_type \'volume\' need to have a non-zero size specified');
    const image = await this.images.describe(caller, imageId, signal).catch((error: unknown): never => {
      throw error instanceof Invalid ? new DeviceInvalid(`failed to get image ${imageId}.`) : error;
    });
    seedFrom(image);
    if (device.bootIndex === 0) requireFits(image, { ...flavor, rootGibibytes: device.sizeGibibytes });
    return made({ kind: 'image', imageId }, device.sizeGibibytes, device, image.properties);
  }

  private async fromSnapshot({ asker, signal }: Asked, device: DeviceWish, snapshotId: string): Promise<Found> {
    const snapshot = await this.storage.describeSnapshot(asker, snapshotId, { signal }).catch(unknown(() => `failed to get snapshot ${snapshotId}.`));
    if (snapshot.status !== 'available') throw new DeviceInvalid(`snapshot ${snapshotId} is ${snapshot.status}, not available.`);
    if (device.bootIndex === 0 && !snapshot.isBootable) throw new DeviceInvalid(`Volume snapshot ${snapshotId} is not bootable.`);
    const size = device.sizeGibibytes ?? snapshot.sizeGibibytes;
    if (size < snapshot.sizeGibibytes) throw new DeviceInvalid(`the volume (${size} GiB) is smaller than snapshot ${snapshotId} (${snapshot.sizeGibibytes} GiB).`);
    return made({ kind: 'snapshot', snapshotId }, size, device, snapshot.imageMetadata);
  }
}

interface Asked {
  caller: Caller;
  asker: Asker;
  seen: ReadonlyMap<string, VolumeFact>;
  flavor: Flavor;
  signal: AbortSignal;
  allowsMultiattach: boolean;
}

/** One server's own devices: ids are chosen here, so that asking block storage can be repeated. */
export function newDevices(serverId: ServerId, devices: readonly PlannedDevice[]): NewBlockDevice[] {
  return devices.map((device) => ({
    ...device, id: newId<'block-device'>() as BlockDeviceId, serverId, attachmentId: newId<'attachment'>() as AttachmentId,
    volumeId: device.volumeId ?? newId<'volume'>() as VolumeId, state: 'planned', isAside: false,
  }));
}

/** Throws where a server could not have this volume beside what else uses it. */
export function requireAttachable(volume: VolumeFact, allowsMultiattach: boolean): VolumeFact {
  const { id, status, isMultiattach } = volume;
  if (isMultiattach && !allowsMultiattach) throw new Invalid('compute.volume.multiattach-version', 'Multiattach volumes are only supported starting with compute API version 2.60.');
  const isFree = status === 'available' || (isMultiattach && (status === 'in-use' || status === 'attaching' || status === 'reserved'));
  if (!isFree) throw new Invalid('compute.volume.unavailable', `Invalid volume: volume ${id} status must be 'available'${isMultiattach ? ' or \'in-use\'' : ''}; it is '${status}'.`);
  return volume;
}

function requireBootable({ id, isBootable, sizeGibibytes, imageMetadata }: VolumeFact, flavor: Flavor): void {
  if (!isBootable) throw new DeviceInvalid(`Volume ${id} is not bootable.`);
  const needs = { minRamMebibytes: Number(imageMetadata['min_ram'] ?? 0) || 0, minDiskGibibytes: Number(imageMetadata['min_disk'] ?? 0) || 0 };
  requireFits({ ...needs, virtualSizeBytes: null, sizeBytes: null }, { ...flavor, rootGibibytes: sizeGibibytes });
}

function made(source: VolumeWish['source'], sizeGibibytes: number, { volumeType }: DeviceWish, properties: Record<string, string>): Found {
  return { volumeId: null, wish: { source, sizeGibibytes, volumeType }, properties };
}

/** An image's devices, unless the request names others of the same name; its root goes before an image in the request. */
function merged(ofImage: readonly DeviceWish[], asked: readonly DeviceWish[]): DeviceWish[] {
  const hasRoot = ofImage.some(({ bootIndex }) => bootIndex === 0);
  const own = asked.filter(({ bootIndex, source }) => !(hasRoot && bootIndex === 0 && source === 'image'));
  const names = new Set(own.map(({ deviceName }) => targetNamed(deviceName)).filter((name) => name !== undefined));
  return [...own, ...ofImage.filter(({ deviceName }) => !names.has(targetNamed(deviceName) ?? ''))];
}

/** What is booted from: the volume of boot index 0, or the image. Boot indexes begin at 0 and leave nothing out. */
function rootOf(devices: readonly DeviceWish[], image: BootImage | undefined): DeviceWish | BootImage {
  const root = devices.find(({ bootIndex }) => bootIndex === 0);
  if (image === undefined && devices.length === 0) throw new DeviceInvalid('no image to boot from was given (imageRef).', 'compute.server.boot-source');
  const chosen = root?.destination === 'volume' ? root : image;
  const indexes = devices.flatMap(({ bootIndex }) => (bootIndex === null ? [] : [bootIndex]));
  const inOrder = (root === undefined && image !== undefined ? [0, ...indexes] : indexes).sort((one, other) => one - other);
  if (chosen === undefined || inOrder.some((index, place) => index !== place)) {
    throw new DeviceInvalid('Boot sequence for the instance and image/block device mapping combination is not valid.', 'compute.server.boot-source');
  }
  return chosen;
}

/** The flavor says which local disks there are; a request may only repeat it. */
function requireLocalDisks(devices: readonly DeviceWish[], flavor: Flavor): void {
  const blank = devices.filter(({ source, destination }) => source === 'blank' && destination === 'local');
  const [swap, ephemeral] = [blank.filter(({ isSwap }) => isSwap), blank.filter(({ isSwap }) => !isSwap)];
  const isOwn = (of: readonly DeviceWish[], size: number): boolean => of.length <= 1 && of.every(({ sizeGibibytes }) => size > 0 && (sizeGibibytes ?? size) === size);
  if (!isOwn(ephemeral, flavor.ephemeralGibibytes)) throw new DeviceInvalid('the flavor has one ephemeral disk of its own size, or none.');
  // A swap disk's size is in MiB, as the flavor's.
  if (!isOwn(swap, flavor.swapMebibytes)) throw new DeviceInvalid('the flavor has one swap disk of its own size, or none.');
}

function tagsOfLocal(wishes: readonly DeviceWish[], flavor: Flavor, isVolumeBacked: boolean): Record<string, string> {
  const blank = localTargets(flavor, isVolumeBacked).filter((target) => target !== 'vda');
  const targetOf = ({ bootIndex, isSwap }: DeviceWish): string | undefined => (bootIndex === 0 ? 'vda' : isSwap ? blank.at(-1) : blank[0]);
  const local = wishes.filter(({ destination }) => destination === 'local').map((wish) => [targetOf(wish), wish.tag] as const);
  return Object.fromEntries(local.filter((entry): entry is [string, string] => entry[0] !== undefined && entry[1] !== null));
}

function planned(wishes: readonly DeviceWish[], found: readonly Found[], flavor: Flavor, isVolumeBacked: boolean): PlannedDevice[] {
  const taken = new Set(['vda', ...localTargets(flavor, isVolumeBacked)]);
  return wishes.map((wish, index) => {
    const isRoot = wish.bootIndex === 0;
    const name = targetNamed(wish.deviceName);
    if (!isRoot && !isVolumeBacked && name === 'vda') throw new DeviceInvalid('The volume cannot be assigned the same device name as the root device vda');
    const target = isRoot ? 'vda' : freeTarget(taken, name) ?? raise(new DeviceInvalid('a server has at most 26 disks.'));
    taken.add(target);
    const { bootIndex, tag, deleteOnTermination } = wish;
    return { target, bootIndex, tag, deleteOnTermination, volumeId: found[index]?.volumeId ?? null, wish: found[index]?.wish ?? null };
  });
}

/** A reference to nothing is a wrong value of this request. */
function unknown(reason: (named: string) => string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof NotFound)) throw error;
    const named = error.message.split(/\s+/).find((word) => isUuid(word.replaceAll(/[^\w-]/g, ''))) ?? '';
    throw new DeviceInvalid(reason(named), 'compute.server.block-device');
  };
}
