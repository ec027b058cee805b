import { isDeepStrictEqual } from 'node:util';
import { XMLParser } from 'fast-xml-parser';
import type { AttachmentId, PortId, VolumeId } from '@virga/kernel';
import type { DiskConnection, DiskLimits, GuestVolume, RbdAddress } from '@virga/ports';
import type { GuestMetadata } from './guest-metadata.js';

/** A NIC as libvirt knows it; `portId` is in its alias. */
export interface DomainNic {
  portId: PortId;
  mac: string;
  mtu: number;
  tap: string;
}

/** What we read from a domain's XML. `metadata` is absent on domains that are not ours. */
export interface Domain {
  uuid: string;
  vcpus: number;
  memoryMebibytes: number;
  diskFiles: string[];
  nics: DomainNic[];
  /** What it was given as volumes; their passphrases are libvirt's alone. */
  volumes: GuestVolume[];
  /** Copies of its disks that are under way, by target; a definition has none. */
  copies: Map<string, DiskCopy>;
  /** Targets of disks of which the guest sees no more than a first part: a smaller one was copied to them. */
  cutDisks: Set<string>;
  /** Of its disks, by target, and its NICs, by port; a definition has its own, which the running guest's may differ from. */
  pciAddresses: Record<string, string>;
  metadata: GuestMetadata | undefined;
}

export interface DiskCopy {
  connection: DiskConnection;
  /** Both hold the same, and stay so. */
  isComplete: boolean;
}

/** Devices that users of libvirt name themselves must begin with this (libvirt's rule). */
const ALIAS_PREFIX = 'ua-port-';

export const aliasOf = (portId: PortId): string => `${ALIAS_PREFIX}${portId}`;

const VOLUME_ALIAS_PREFIX = 'ua-volume-';

export const volumeAliasOf = (attachmentId: AttachmentId): string => `${VOLUME_ALIAS_PREFIX}${attachmentId}`;

/** libvirt's names of our limits. */
export const limitNames: Record<keyof DiskLimits, string> = {
  totalBytes: 'total_bytes_sec', readBytes: 'read_bytes_sec', writeBytes: 'write_bytes_sec',
  totalRequests: 'total_iops_sec', readRequests: 'read_iops_sec', writeRequests: 'write_iops_sec',
};

interface Node { [name: string]: Node | Node[] | string | undefined }

const parser = new XMLParser({
  ignoreAttributes: false, attributeNamePrefix: '@', parseTagValue: false, parseAttributeValue: false, processEntities: true,
});

/** Any XML of libvirt as a tree: attributes are `@name`, text beside attributes is `#text`. */
export function parseXml(text: string): Node {
  return parser.parse(text) as Node;
}

/** Reads the XML that libvirt answers for a domain. */
export function parseDomain(text: string): Domain {
  const domain = child(parseXml(text), 'domain');
  const devices = child(domain, 'devices');
  return {
    uuid: textOf(domain['uuid']),
    vcpus: Number(textOf(domain['vcpu'])),
    memoryMebibytes: Math.round(Number(textOf(domain['memory'])) / 1024),
    diskFiles: children(devices, 'disk').filter((disk) => !isVolume(disk)).map((disk) => attribute(child(disk, 'source'), 'file')).filter((file) => file !== ''),
    nics: children(devices, 'interface').flatMap(nicOf),
    volumes: children(devices, 'disk').filter(isVolume).map(volumeOf),
    copies: new Map(children(devices, 'disk').filter((disk) => disk['mirror'] !== undefined).map((disk) => [attribute(child(disk, 'target'), 'dev'), copyOf(child(disk, 'mirror'))])),
    cutDisks: new Set(children(devices, 'disk').filter((disk) => child(disk, 'source')['slices'] !== undefined).map((disk) => attribute(child(disk, 'target'), 'dev'))),
    pciAddresses: pciAddressesOf(devices),
    metadata: metadataOf(child(domain, 'metadata')),
  };
}

function pciAddressesOf(devices: Node): Record<string, string> {
  const disks = children(devices, 'disk').map((disk) => [attribute(child(disk, 'target'), 'dev'), pciAddressOf(disk)] as const);
  const nics = children(devices, 'interface').flatMap((nic) => nicOf(nic).map(({ portId }) => [portId, pciAddressOf(nic)] as const));
  return Object.fromEntries([...disks, ...nics].flatMap(([name, address]) => (address === undefined ? [] : [[name, address]])));
}

/** As the guest's kernel writes it: `0000:00:05.0`. */
function pciAddressOf(device: Node): string | undefined {
  const address = child(device, 'address');
  if (attribute(address, 'type') !== 'pci') return undefined;
  const [domain, bus, slot, part] = ['domain', 'bus', 'slot', 'function'].map((name) => Number(attribute(address, name)).toString(16));
  return `${domain?.padStart(4, '0')}:${bus?.padStart(2, '0')}:${slot?.padStart(2, '0')}.${part}`;
}

function nicOf(node: Node): DomainNic[] {
  const alias = attribute(child(node, 'alias'), 'name');
  if (!alias.startsWith(ALIAS_PREFIX)) return [];
  return [{
    portId: alias.slice(ALIAS_PREFIX.length) as PortId,
    mac: attribute(child(node, 'mac'), 'address'),
    mtu: Number(attribute(child(node, 'mtu'), 'size')),
    tap: attribute(child(node, 'target'), 'dev'),
  }];
}

const isVolume = (disk: Node): boolean => attribute(child(disk, 'alias'), 'name').startsWith(VOLUME_ALIAS_PREFIX);

function volumeOf(disk: Node): GuestVolume {
  const source = child(disk, 'source');
  // An address of Ceph's says by itself what its secrets are called.
  const secretId = attribute(source, 'protocol') === 'rbd' ? '' : attribute(child(child(source, 'encryption'), 'secret'), 'uuid');
  const limits = limitsOf(child(disk, 'iotune'));
  return {
    attachmentId: attribute(child(disk, 'alias'), 'name').slice(VOLUME_ALIAS_PREFIX.length) as AttachmentId,
    volumeId: textOf(disk['serial']) as VolumeId,
    target: attribute(child(disk, 'target'), 'dev'),
    connection: connectionOf(source, attribute(child(disk, 'driver'), 'type')),
    isReadOnly: disk['readonly'] !== undefined,
    isShared: disk['shareable'] !== undefined,
    ...(limits && { limits }),
    ...(secretId !== '' && { encryption: { secretId } }),
  };
}

function copyOf(mirror: Node): DiskCopy {
  return { connection: connectionOf(child(mirror, 'source'), attribute(child(mirror, 'format'), 'type')), isComplete: attribute(mirror, 'ready') === 'yes' };
}

function connectionOf(source: Node, format: string): DiskConnection {
  const host = child(source, 'host');
  const exportName = attribute(source, 'name');
  if (attribute(source, 'protocol') === '') return { kind: 'file', path: attribute(source, 'file'), format: format === 'raw' ? 'raw' : 'qcow2' };
  if (attribute(source, 'protocol') === 'rbd') return rbdAddressOf(source);
  if (attribute(host, 'transport') === 'unix') return { kind: 'nbd-unix', socketPath: attribute(host, 'socket'), exportName };
  return { kind: 'nbd-tls', address: attribute(host, 'name'), port: Number(attribute(host, 'port')), exportName };
}

/** Whether both are the same disk; what opens it is not told by libvirt, and does not count. */
export const isSamePlace = (one: DiskConnection, other: DiskConnection): boolean =>
  isDeepStrictEqual(one.kind === 'rbd' ? { ...one, sealed: '' } : one, other.kind === 'rbd' ? { ...other, sealed: '' } : other);

/** All but what opens it: libvirt never tells secrets. */
function rbdAddressOf(source: Node): RbdAddress {
  const name = attribute(source, 'name');
  const at = name.indexOf('/');
  return {
    kind: 'rbd', monitors: children(source, 'host').map((monitor) => ({ address: attribute(monitor, 'name'), port: Number(attribute(monitor, 'port')) })),
    pool: name.slice(0, at), image: name.slice(at + 1), user: attribute(child(source, 'auth'), 'username'), isEncrypted: source['encryption'] !== undefined, sealed: '',
  };
}

function limitsOf(iotune: Node): DiskLimits | undefined {
  const found = Object.entries(limitNames).map(([limit, name]) => [limit, Number(textOf(iotune[name]))] as const).filter(([, value]) => value > 0);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function metadataOf(node: Node): GuestMetadata | undefined {
  const guest = child(node, 'virga:guest');
  const id = attribute(guest, 'id');
  if (id === '') return undefined;
  return {
    id, generation: Number(attribute(guest, 'generation')), carriedOut: Number(attribute(guest, 'carried-out')),
    name: attribute(guest, 'name'), projectId: attribute(guest, 'project'), userId: attribute(guest, 'user'),
    flavorName: attribute(guest, 'flavor'), imageId: attribute(guest, 'image'),
  };
}

/** The only child element of that name, or an empty element where there is none. */
export function child(node: Node, name: string): Node {
  const found = node[name];
  const first = Array.isArray(found) ? found[0] : found;
  return typeof first === 'object' ? first : {};
}

export function children(node: Node, name: string): Node[] {
  const found = node[name];
  return (Array.isArray(found) ? found : [found]).filter((entry): entry is Node => typeof entry === 'object');
}

export function attribute(node: Node, name: string): string {
  return textOf(node[`@${name}`]);
}

export function textOf(value: Node | Node[] | string | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && !Array.isArray(value) ? textOf(value['#text']) : '';
}
