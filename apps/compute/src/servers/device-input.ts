import { isTrue } from '@virga/contract';
import { Invalid, isUuid } from '@virga/kernel';

/** A block device that a server's creator wants, out of the wire's words (block device mapping v2). */
export interface DeviceWish {
  source: 'volume' | 'image' | 'snapshot' | 'blank';
  destination: 'volume' | 'local';
  /** Of the volume, image or snapshot. */
  id: string | null;
  sizeGibibytes: number | null;
  /** Null and negative numbers: not to be booted from. */
  bootIndex: number | null;
  deviceName: string | null;
  deleteOnTermination: boolean;
  tag: string | null;
  volumeType: string | null;
  isSwap: boolean;
}

/** A device as it stands in requests of either generation, and in images that were made of servers with volumes. */
export interface WireDevice {
  source_type?: string | null;
  destination_type?: string | null;
  uuid?: string | null;
  image_id?: string | null;
  volume_id?: string | null;
  snapshot_id?: string | null;
  virtual_name?: string | null;
  volume_size?: number | string | null;
  device_name?: string | null;
  delete_on_termination?: boolean | string | number | null;
  boot_index?: number | string | null;
  no_device?: unknown;
  volume_type?: string | null;
  guest_format?: string | null;
  tag?: string | null;
}

/** The request's devices cannot be what they are. */
export class DeviceInvalid extends Invalid {
  constructor(reason: string, code = 'compute.server.block-device') {
    super(code, `Block Device Mapping is Invalid: ${reason}`);
  }
}

/** The devices of a request; Nova's older form knows neither images nor boot indexes. */
export function devicesFrom(server: { block_device_mapping?: unknown; block_device_mapping_v2?: unknown; imageRef?: unknown }): DeviceWish[] {
  const legacy = (server.block_device_mapping ?? []) as WireDevice[];
  const devices = (server.block_device_mapping_v2 ?? []) as WireDevice[];
  if (legacy.length > 0 && devices.length > 0) throw new DeviceInvalid('using different block_device_mapping syntaxes is not allowed in the same request.');
  const hasImage = server.imageRef !== undefined && server.imageRef !== '';
  return [...legacy.filter(isThere).map(fromLegacy), ...devices.filter(isThere).map((device) => fromWire(device, hasImage))];
}

/** The devices that an image describes (its property `block_device_mapping`); what cannot be read describes none. */
export function devicesOfImage(properties: Readonly<Record<string, string>>): DeviceWish[] {
  const text = properties['block_device_mapping'];
  if (text === undefined) return [];
  return (parsed(text) as WireDevice[]).filter(isThere).map((device) => fromWire(device, true));
}

function parsed(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    return [];
  }
}

/** `no_device` only says what an image's mapping should leave out. */
function isThere({ no_device: isLeftOut }: WireDevice): boolean {
  return isLeftOut === undefined || isLeftOut === null || isLeftOut === false || String(isLeftOut).toLowerCase() === 'false';
}

/** What is called `vda` is booted from. */
function fromLegacy(device: WireDevice): DeviceWish {
  const { snapshot_id: snapshot, volume_id: volume, virtual_name: virtual } = device;
  if (/^(swap|ephemeral\d+)$/.test(virtual ?? '')) {
    return wishOf({ ...device, source_type: 'blank', destination_type: 'local', guest_format: virtual === 'swap' ? 'swap' : null, boot_index: -1 });
  }
  const id = snapshot ?? volume ?? null;
  if (id === null) throw new DeviceInvalid('Unrecognized legacy format.');
  const isRoot = /^(\/dev\/)?vda$/.test(device.device_name ?? '');
  return wishOf({ ...device, source_type: id === snapshot ? 'snapshot' : 'volume', destination_type: 'volume', uuid: id, boot_index: isRoot ? 0 : -1 });
}

function fromWire(device: WireDevice, hasImage: boolean): DeviceWish {
  const wish = wishOf(device);
  if (wish.destination === 'local') requireLocal(wish, hasImage);
  if (wish.volumeType !== null && wish.source === 'volume') throw new DeviceInvalid('Specifying volume type to existing volume is not supported.');
  return wish;
}

function requireLocal({ source, bootIndex, volumeType }: DeviceWish, hasImage: boolean): void {
  const isRootImage = hasImage && bootIndex === 0;
  if (source === 'image' && !isRootImage) throw new DeviceInvalid('Mapping image to local is not supported.', 'compute.server.boot-source');
  if (source === 'volume' || source === 'snapshot') throw new DeviceInvalid(`a ${source} cannot become a local disk.`);
  if (volumeType !== null) throw new DeviceInvalid('Specifying a volume_type with destination_type=local is not supported.');
}

const SOURCES = ['volume', 'image', 'snapshot', 'blank'] as const;

function wishOf(device: WireDevice): DeviceWish {
  const source = SOURCES.find((name) => name === device.source_type) ?? unsaid(device);
  const { device_name: deviceName = null, tag = null } = device;
  const index = numberOf(device.boot_index);
  return {
    source, id: idOf(device, source), destination: destinationOf(device, source), sizeGibibytes: numberOf(device.volume_size) || null,
    bootIndex: index === null || index < 0 ? null : index, deviceName, tag,
    deleteOnTermination: isTrue(device.delete_on_termination) ?? false, volumeType: device.volume_type || null, isSwap: device.guest_format === 'swap',
  };
}

function numberOf(value: number | string | null | undefined): number | null {
  return value === undefined || value === null || value === '' ? null : Number(value);
}

function destinationOf({ destination_type: destination }: WireDevice, source: DeviceWish['source']): DeviceWish['destination'] {
  if (destination === 'local' || destination === 'volume') return destination;
  return source === 'volume' || source === 'snapshot' ? 'volume' : 'local';
}

function idOf(device: WireDevice, source: DeviceWish['source']): string | null {
  const named = { volume: device.volume_id, image: device.image_id, snapshot: device.snapshot_id, blank: null }[source];
  const id = device.uuid || named || null;
  if (source === 'blank') {
    if (id !== null) throw new DeviceInvalid('Invalid device UUID.');
    return null;
  }
  if (id === null) throw new DeviceInvalid('Missing device UUID.');
  if (!isUuid(id)) throw new DeviceInvalid(`failed to get ${source} ${id.slice(0, 64)}.`);
  return id;
}

function unsaid(device: WireDevice): DeviceWish['source'] {
  const source = (['volume', 'image', 'snapshot'] as const).find((name) => typeof device[`${name}_id`] === 'string');
  if (source === undefined) throw new DeviceInvalid('Some required fields are missing');
  return source;
}
