import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { fc } from '@virga/testing/fast-check';
import { newId, type AttachmentId, type PortId, type ServerId, type VolumeId } from '@virga/kernel';
import type { GuestSpec, GuestVolume } from '@virga/ports';
import { parseDomain } from './domain-xml.js';
import { guestXml, type GuestPlatform } from './guest-xml.js';
import { volumeXml } from './volume-xml.js';

const portId = '7d9d9ffc-3f8e-4f7f-9f0d-1c2d3e4f5a6b' as PortId;
const spec: GuestSpec = {
  id: '0b9c1d0e-5a43-4a55-8f4e-3c1b8f0d6a11' as ServerId, generation: 4, name: 'web <1> & "co"', projectId: 'project-1', userId: 'user-1',
  vcpus: 2, memoryMebibytes: 512,
  disks: [
    { target: 'vda', role: 'root', sizeBytes: 1_073_741_824, seed: { imageId: 'i', sha512: 'a'.repeat(128), format: 'raw', sizeBytes: 1 } },
    { target: 'vdb', role: 'ephemeral', sizeBytes: 2_147_483_648 },
  ],
  nics: [{ portId, mac: 'fa:16:3e:01:02:03', mtu: 1442 }],
  facts: { flavorName: 'm1.small', imageId: 'image-1' },
};
const emulated: GuestPlatform = { domainType: 'qemu', emulator: '/usr/bin/qemu-system-x86_64', machine: 'pc', diskCache: 'none', hasNicOffloads: false };
const places = { directory: '/var/lib/virga/instances/guest', taps: new Map([[portId, 'tap7d9d9ffc-3f']]) };

describe('the XML of a guest', () => {
  it('describes an emulated guest on the userspace data path', () => {
    expect(guestXml(spec, emulated, places)).toMatchSnapshot();
  });

  it('describes a hardware-assisted q35 guest on the kernel data path', () => {
    expect(guestXml(spec, { ...emulated, domainType: 'kvm', machine: 'q35', hasNicOffloads: true, diskCache: 'writeback' }, places, 3)).toMatchSnapshot();
  });

  it('is well-formed and keeps its fields apart, whatever text users choose', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, flavorName) => {
      const text = guestXml({ ...spec, name, facts: { flavorName, imageId: '' } }, emulated, places);

      expect(XMLValidator.validate(text)).toBe(true);
      expect(parseDomain(text).metadata).toMatchObject({ id: spec.id, generation: 4, carriedOut: 0, projectId: 'project-1' });
    }));
  });

  it('gives back what it was made from', () => {
    expect(parseDomain(guestXml(spec, emulated, places, 3))).toMatchObject({
      uuid: spec.id, vcpus: 2,
      diskFiles: ['/var/lib/virga/instances/guest/vda.qcow2', '/var/lib/virga/instances/guest/vdb.qcow2'],
      nics: [{ portId, mac: 'fa:16:3e:01:02:03', mtu: 1442, tap: 'tap7d9d9ffc-3f' }],
      metadata: { generation: 4, carriedOut: 3, name: 'web <1> & "co"', userId: 'user-1', flavorName: 'm1.small', imageId: 'image-1' },
    });
  });

  it('gives back the volumes that it was made with, and boots from the first by target', () => {
    const base = { volumeId: newId<'volume'>(), isReadOnly: false, isShared: false };
    const root: GuestVolume = {
      ...base, attachmentId: newId(), target: 'vda', connection: { kind: 'nbd-unix', socketPath: '/run/v.sock', exportName: 'e<1>' },
      limits: { totalBytes: 1_000_000, readRequests: 10 },
    };
    const remote: GuestVolume = { ...base, attachmentId: newId(), target: 'vdc', connection: { kind: 'nbd-tls', address: '192.0.2.7', port: 10_809, exportName: 'e' }, isReadOnly: true, isShared: true };
    const encrypted: GuestVolume = { ...base, attachmentId: newId(), target: 'vdd', connection: { kind: 'file', path: '/v/1.raw', format: 'raw' }, encryption: { secretId: newId() } };
    const disk = { target: 'vdb', role: 'ephemeral', sizeBytes: 1 } as const;

    const text = guestXml({ ...spec, disks: [disk], volumes: [encrypted, remote, { ...root, encryption: { secretId: newId(), passphrase: 'a secret' } }] }, emulated, places);

    expect(text).not.toContain('a secret');
    expect(text.match(/dev="vd[a-d]"/g)).toEqual(['dev="vda"', 'dev="vdb"', 'dev="vdc"', 'dev="vdd"']);
    expect(parseDomain(text).diskFiles).toHaveLength(1);
    expect(parseDomain(text).volumes).toEqual([expect.objectContaining(root), remote, encrypted]);
  });

  it('describes a volume of another host', () => {
    const volume: GuestVolume = {
      attachmentId: 'c0a1d2e3-0000-4000-8000-000000000001' as AttachmentId, volumeId: 'c0a1d2e3-0000-4000-8000-000000000002' as VolumeId, target: 'vdb',
      isReadOnly: false, isShared: true, connection: { kind: 'nbd-tls', address: '192.0.2.7', port: 10_809, exportName: 'e' }, limits: { writeBytes: 1_000 },
    };

    expect(volumeXml(volume, emulated)).toMatchSnapshot();
  });

  it('never names anything outside the guest\'s directory', () => {
    const files = JSON.stringify(new XMLParser({ ignoreAttributes: false }).parse(guestXml(spec, emulated, places))).match(/"@_file":"[^"]*"/g) ?? [];

    expect(files.length).toBe(4);
    expect(files.every((file) => file.startsWith('"@_file":"/var/lib/virga/instances/guest/'))).toBe(true);
  });
});
