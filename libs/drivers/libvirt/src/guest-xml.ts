import { join } from 'node:path';
import type { PortId } from '@virga/kernel';
import type { GuestDisk, GuestNic, GuestSpec } from '@virga/ports';
import { aliasOf } from './domain-xml.js';
import { volumeXml } from './volume-xml.js';
import { metadataXml, newMetadata } from './guest-metadata.js';
import { xml } from './xml.js';

/** How guests look on this host, whoever they are. */
export interface GuestPlatform {
  /** `kvm` where the processor runs guests, `qemu` where they are emulated. */
  domainType: 'kvm' | 'qemu';
  emulator: string;
  machine: 'pc' | 'q35';
  /** `none` bypasses the host's page cache; `writeback` where the file system has no O_DIRECT (tmpfs). */
  diskCache: 'none' | 'writeback';
  /**
   * The userspace data path hands guests' packets on as they are: with checksum or segmentation offload on, TCP between
   * guests never gets a valid checksum.
   */
  hasNicOffloads: boolean;
}

/** Where one guest's things are on this host. */
export interface GuestPlaces {
  directory: string;
  taps: ReadonlyMap<PortId, string>;
}

/**
 * QEMU's memory for translated code under TCG, in MiB. Its own default is a share of the host's memory: a guest of 128 MiB
 * then takes 750. Too low: code is translated again and again. Too high: hosts without KVM hold fewer guests.
 */
const TRANSLATION_CACHE_MEBIBYTES = 32;
/** Ports for devices that are plugged in later; `pc` needs none. */
const SPARE_ROOT_PORTS = 12;

export const consoleLogOf = (directory: string): string => join(directory, 'console.log');
export const diskFileOf = (directory: string, disk: Pick<GuestDisk, 'target'>): string => join(directory, `${disk.target}.qcow2`);
/** The base of an overlay: a hard link of the guest's own, so that no eviction from the image cache can take it away. */
export const baseFileOf = (directory: string, disk: Pick<GuestDisk, 'target'>): string => join(directory, `${disk.target}.base`);
export const domainNameOf = (id: string): string => `virga-${id}`;

/** The whole domain: a pure function, so that two hosts of the same kind make the same guest. */
export function guestXml(spec: GuestSpec, platform: GuestPlatform, places: GuestPlaces, carriedOut = 0): string {
  const metadata = metadataXml(newMetadata(spec, carriedOut));
  return xml`<domain type="${platform.domainType}">
<name>${domainNameOf(spec.id)}</name>
<uuid>${spec.id}</uuid>
<metadata>
${[metadata]}
</metadata>
<memory unit="MiB">${spec.memoryMebibytes}</memory>
<vcpu>${spec.vcpus}</vcpu>
<sysinfo type="smbios">
<system>
<entry name="manufacturer">Virga</entry>
<entry name="product">OpenStack Nova</entry>
<entry name="serial">${spec.id}</entry>
<entry name="uuid">${spec.id}</entry>
<entry name="family">Virtual Machine</entry>
</system>
</sysinfo>
<os>
<type arch="x86_64" machine="${platform.machine}">hvm</type>
<boot dev="hd"/>
<smbios mode="sysinfo"/>
</os>
<features>
${featureXml(platform)}
</features>
${[cpuXml(spec, platform)]}
<clock offset="utc">
<timer name="rtc" tickpolicy="catchup"/>
<timer name="pit" tickpolicy="delay"/>
<timer name="hpet" present="no"/>
</clock>
<on_poweroff>destroy</on_poweroff>
<on_reboot>restart</on_reboot>
<on_crash>destroy</on_crash>
<pm>
<suspend-to-mem enabled="no"/>
<suspend-to-disk enabled="no"/>
</pm>
<devices>
<emulator>${platform.emulator}</emulator>
${controllerXml(platform)}
${disksXml(spec, platform, places)}
${spec.nics.map((nic) => nicXml(nic, tapOf(nic, places), platform))}
<serial type="pty">
<log file="${consoleLogOf(places.directory)}" append="on"/>
<target port="0"/>
</serial>
<console type="pty">
<target type="serial" port="0"/>
</console>
<rng model="virtio">
<backend model="random">/dev/urandom</backend>
</rng>
<memballoon model="virtio">
<stats period="10"/>
</memballoon>
</devices>
</domain>
`;
}

/** One NIC; also what a running guest gets plugged in. Its alias is how the port is found again. */
export function nicXml(nic: GuestNic, tap: string, platform: GuestPlatform): string {
  const offloads = platform.hasNicOffloads ? [] : [
    '<driver name="qemu">',
    '<host csum="off" gso="off" tso4="off" tso6="off" ecn="off" ufo="off"/>',
    '<guest csum="off" tso4="off" tso6="off" ecn="off" ufo="off"/>',
    '</driver>',
  ];
  return xml`<interface type="ethernet">
<mac address="${nic.mac}"/>
<target dev="${tap}" managed="no"/>
<model type="virtio"/>
${[...offloads, xml`<mtu size="${nic.mtu}"/>`, xml`<alias name="${aliasOf(nic.portId)}"/>`]}
</interface>`;
}

/** In the order of their targets: the BIOS boots from the first. */
function disksXml(spec: GuestSpec, platform: GuestPlatform, places: GuestPlaces): string[] {
  const own = spec.disks.map((disk) => ({ target: disk.target, text: diskXml(disk, platform, places) }));
  const volumes = (spec.volumes ?? []).map((volume) => ({ target: volume.target, text: volumeXml(volume, platform) }));
  return [...own, ...volumes].sort((one, other) => one.target.localeCompare(other.target)).map(({ text }) => text);
}

function diskXml(disk: GuestDisk, platform: GuestPlatform, places: GuestPlaces): string {
  return xml`<disk type="file" device="disk">
<driver name="qemu" type="qcow2" cache="${platform.diskCache}" discard="unmap"/>
<source file="${diskFileOf(places.directory, disk)}"/>
${backingXml(disk, places)}
<target dev="${disk.target}" bus="virtio"/>
</disk>`;
}

/** The chain is written down, so that neither libvirt nor QEMU ever guesses a format from bytes that a guest wrote. */
function backingXml(disk: GuestDisk, places: GuestPlaces): string[] {
  if (disk.seed === undefined) return ['<backingStore/>'];
  return [xml`<backingStore type="file">
<format type="${disk.seed.format}"/>
<source file="${baseFileOf(places.directory, disk)}"/>
<backingStore/>
</backingStore>`];
}

function featureXml(platform: GuestPlatform): string[] {
  if (platform.domainType === 'kvm') return ['<acpi/>', '<apic/>'];
  return ['<acpi/>', '<apic/>', '<tcg>', xml`<tb-cache unit="MiB">${TRANSLATION_CACHE_MEBIBYTES}</tb-cache>`, '</tcg>'];
}

/** One socket with as many cores as there are processors: some guest systems are licensed, or limited, by the socket. */
function cpuXml(spec: GuestSpec, platform: GuestPlatform): string {
  const topology = xml`<topology sockets="1" dies="1" cores="${spec.vcpus}" threads="1"/>`;
  if (platform.domainType === 'kvm') return xml`<cpu mode="host-model" check="partial">${[topology]}</cpu>`;
  return xml`<cpu mode="custom" match="exact" check="none"><model fallback="forbid">qemu64</model>${[topology]}</cpu>`;
}

function controllerXml(platform: GuestPlatform): string[] {
  const usb = '<controller type="usb" model="none"/>';
  if (platform.machine === 'pc') return [usb];
  const ports = Array.from({ length: SPARE_ROOT_PORTS }, () => '<controller type="pci" model="pcie-root-port"/>');
  return [usb, '<controller type="pci" index="0" model="pcie-root"/>', ...ports];
}

function tapOf(nic: GuestNic, places: GuestPlaces): string {
  const tap = places.taps.get(nic.portId);
  if (tap === undefined) throw new Error(`No tap was made for port ${nic.portId}.`);
  return tap;
}
