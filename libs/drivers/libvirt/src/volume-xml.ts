import { createHash } from 'node:crypto';
import type { DiskConnection, DiskLimits, GuestVolume, RbdAddress } from '@virga/ports';
import { limitNames, volumeAliasOf } from './domain-xml.js';
import type { GuestPlatform } from './guest-xml.js';
import { xml } from './xml.js';

/**
 * How long a guest's requests wait for a storage daemon that has gone away.
 *
 * Too low: while a storage host restarts its daemon, or grows a volume, guests see errors on their disks. Too high: guests
 * of a storage host that is gone for good wait this long before they are stalled. libvirt 9.0 does not know it yet: there
 * guests are stalled at once (see `StalledGuests`), which loses nothing either.
 */
const RECONNECT_SECONDS = 300;

/** A volume as a disk, also what a running guest gets plugged in. Its alias is how the attachment is found again. */
export function volumeXml(volume: GuestVolume, platform: Pick<GuestPlatform, 'diskCache'>, alias = volumeAliasOf(volume.attachmentId)): string {
  const { connection, target, volumeId, isReadOnly, isShared, limits } = volume;
  const isFile = connection.kind === 'file';
  const format = formatOf(connection);
  const flags = [...(isReadOnly ? ['<readonly/>'] : []), ...(isShared ? ['<shareable/>'] : [])];
  return xml`<disk type="${isFile ? 'file' : 'network'}" device="disk">
<driver name="qemu" type="${format}" cache="${isFile ? platform.diskCache : 'none'}" error_policy="stop" rerror_policy="stop" discard="unmap"/>
${[sourceXml(connection, volume.encryption?.secretId)]}
${isFile || format === 'qcow2' ? ['<backingStore/>'] : []}
<target dev="${target}" bus="virtio"/>
${limitsXml(limits)}
${flags}
<serial>${volumeId}</serial>
<alias name="${alias}"/>
</disk>`;
}

/** A volume, or the first `sizeBytes` of it, as what a disk is copied to: QEMU copies to what is exactly as large. */
export function copyTargetXml({ connection, encryption }: Pick<GuestVolume, 'connection' | 'encryption'>, sizeBytes?: number): string {
  const isFile = connection.kind === 'file';
  return xml`<disk type="${isFile ? 'file' : 'network'}">
<driver name="qemu" type="${formatOf(connection)}"/>
${[sourceXml(connection, encryption?.secretId, sizeBytes)]}
</disk>`;
}

/** The definition of a secret that lives in libvirt's memory only and is never told again. */
export function secretXml(secretId: string, usage: string): string {
  return xml`<secret ephemeral="yes" private="yes">
<uuid>${secretId}</uuid>
<usage type="volume"><volume>${usage}</volume></usage>
</secret>`;
}

/** The same for the key of a user of Ceph's. */
export function cephSecretXml(secretId: string, usage: string): string {
  return xml`<secret ephemeral="yes" private="yes">
<uuid>${secretId}</uuid>
<usage type="ceph"><name>${usage}</name></usage>
</secret>`;
}

/** What the secrets of an export are called, as long as there is one: each export has a user of its own. */
export const rbdSecretIds = ({ user }: Pick<RbdAddress, 'user'>): { key: string; passphrase: string } => ({ key: uuidOf(`key of ${user}`), passphrase: uuidOf(`passphrase of ${user}`) });

/** An encrypted image of Ceph's is a qcow2, since plain LUKS has no holes. */
const formatOf = (connection: DiskConnection): 'raw' | 'qcow2' =>
  connection.kind === 'file' ? connection.format : connection.kind === 'rbd' && connection.isEncrypted ? 'qcow2' : 'raw';

const encryptionXml = (secretId: string | undefined): string[] =>
  (secretId === undefined ? [] : [xml`<encryption format="luks"><secret type="passphrase" uuid="${secretId}"/></encryption>`]);

function sourceXml(connection: DiskConnection, secretId: string | undefined, sizeBytes?: number): string {
  const slice = sizeBytes === undefined ? [] : [xml`<slices><slice type="storage" offset="0" size="${sizeBytes}"/></slices>`];
  // Where the disk is within a format, a piece of the image would be none of the disk: QEMU then refuses what is not as large.
  if (connection.kind === 'rbd') return rbdSourceXml(connection, connection.isEncrypted ? [] : slice);
  const encryption = [...encryptionXml(secretId), ...slice];
  if (connection.kind === 'file') return xml`<source file="${connection.path}">${encryption}</source>`;
  const reconnect = xml`<reconnect delay="${RECONNECT_SECONDS}"/>`;
  if (connection.kind === 'nbd-unix') {
    return xml`<source protocol="nbd" name="${connection.exportName}">
<host transport="unix" socket="${connection.socketPath}"/>
${[reconnect, ...encryption]}
</source>`;
  }
  return xml`<source protocol="nbd" name="${connection.exportName}" tls="yes">
<host name="${connection.address}" port="${connection.port}"/>
${[reconnect, ...encryption]}
</source>`;
}

function rbdSourceXml(address: RbdAddress, slice: string[]): string {
  const { key, passphrase } = rbdSecretIds(address);
  return xml`<source protocol="rbd" name="${`${address.pool}/${address.image}`}">
${address.monitors.map((monitor) => xml`<host name="${monitor.address}" port="${monitor.port}"/>`)}
<auth username="${address.user}"><secret type="ceph" uuid="${key}"/></auth>
${[...encryptionXml(address.isEncrypted ? passphrase : undefined), ...slice]}
</source>`;
}

/** A name-based UUID (RFC 9562, version 8). */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}

function limitsXml(limits: DiskLimits | undefined): string[] {
  const set = limitEntries(limits ?? {}).filter(([, value]) => value > 0);
  return set.length === 0 ? [] : ['<iotune>', ...set.map(([name, value]) => `<${name}>${value}</${name}>`), '</iotune>'];
}

/** All limits by libvirt's names; 0 is unlimited. */
export function limitEntries(limits: DiskLimits): [name: string, value: number][] {
  return Object.entries(limitNames).map(([limit, name]) => [name, limits[limit as keyof DiskLimits] ?? 0]);
}
