import { newId, type AttachmentId, type ServerId } from '@virga/kernel';
import { Outdated, Refused } from '@virga/ports';
import { within, type Guests, type HypervisorUnderTest } from './hypervisor-under-test.fixture.js';

/** What every hypervisor promises of its guests' volumes; a part of `hypervisorConformance`. */
export function volumesConformance(host: () => HypervisorUnderTest, { given, find }: Guests): void {
  const attachments = async (id: ServerId): Promise<AttachmentId[]> => (await find(id))?.attachmentIds ?? [];

  it('plugs a volume into a running guest and out of it, as often as it is told', async () => {
    const { id } = await given();
    await host().isUp(id);
    const volume = await host().volume('vdb');

    await host().hypervisor.ensureDisk(id, 2, volume, within());
    await host().hypervisor.ensureDisk(id, 2, volume, within());
    expect(await attachments(id)).toEqual([volume.attachmentId]);
    await expect(host().hypervisor.ensureDisk(id, 1, volume, within())).rejects.toBeInstanceOf(Outdated);

    await host().hypervisor.ensureNoDisk(id, 3, volume.attachmentId, within());
    await host().hypervisor.ensureNoDisk(id, 3, volume.attachmentId, within());
    expect(await attachments(id)).toEqual([]);
    await host().hypervisor.ensureDisk(id, 4, { ...volume, attachmentId: newId() }, within());
  });

  it('starts a guest with its volumes and without those that were taken meanwhile', async () => {
    const [stays, goes, comes] = [await host().volume('vdb'), await host().volume('vdc'), await host().volume('vdd')];
    const spec = await given({ volumes: [stays, goes] });
    await host().isUp(spec.id);
    expect((await attachments(spec.id)).sort()).toEqual([stays.attachmentId, goes.attachmentId].sort());

    await host().hypervisor.ensurePower({ id: spec.id, generation: 2, power: 'shutdown', graceSeconds: 0 }, within());
    await host().hypervisor.ensureNoDisk(spec.id, 3, goes.attachmentId, within());
    await host().hypervisor.ensureDisk(spec.id, 4, comes, within());
    await host().hypervisor.ensurePower({ id: spec.id, generation: 5, power: 'running' }, within());

    expect((await attachments(spec.id)).sort()).toEqual([stays.attachmentId, comes.attachmentId].sort());
    await host().hypervisor.ensureGuest({ ...spec, generation: 6, volumes: [comes] }, within());
    expect(await attachments(spec.id)).toEqual([comes.attachmentId]);
  });

  it('leaves volumes as they are for a spec that does not speak of them, also when the guest changes its shape', async () => {
    const volume = await host().volume('vdb');
    const spec = await given();
    await host().hypervisor.ensureDisk(spec.id, 2, volume, within());
    await host().hypervisor.ensurePower({ id: spec.id, generation: 3, power: 'shutdown', graceSeconds: 0 }, within());

    await host().hypervisor.ensureGuest({ ...spec, generation: 4, memoryMebibytes: spec.memoryMebibytes * 2 }, within());

    expect(await find(spec.id)).toMatchObject({ power: 'running', attachmentIds: [volume.attachmentId] });
  });

  it('tells a running guest that its volume has grown, idle as it may be', async () => {
    const { id } = await given();
    await host().isUp(id);
    const volume = await host().volume('vdb');
    await host().hypervisor.ensureDisk(id, 2, volume, within());

    await host().grow(volume, 16_777_216);
    const disk = { attachmentId: volume.attachmentId, sizeBytes: 16_777_216 };
    await host().hypervisor.ensureDiskSize(id, 3, disk, within());
    await host().hypervisor.ensureDiskSize(id, 3, disk, within());

    expect(await host().diskSize(id, volume)).toBe(16_777_216);
    await expect(host().hypervisor.ensureDiskSize(id, 4, { ...disk, attachmentId: newId() }, within())).rejects.toBeInstanceOf(Refused);
  });

  it('limits what a guest may use of its volume, from the start and later', async () => {
    const { id } = await given();
    await host().isUp(id);
    const volume = { ...await host().volume('vdb'), limits: { totalBytes: 1_048_576, readRequests: 50 } };

    await host().hypervisor.ensureDisk(id, 2, volume, within());
    expect(await host().limitsOf(id, volume)).toEqual(volume.limits);

    const limits = { writeBytes: 2_097_152, totalRequests: 100 };
    await host().hypervisor.ensureDiskLimits(id, 3, { attachmentId: volume.attachmentId, limits }, within());
    expect(await host().limitsOf(id, volume)).toEqual(limits);
    await expect(host().hypervisor.ensureDiskLimits(id, 4, { attachmentId: newId(), limits }, within())).rejects.toBeInstanceOf(Refused);
  });

  it('puts a volume in the place of another that a running guest uses, once that holds the same', async () => {
    const { id } = await given();
    await host().isUp(id);
    const [old, to] = [await host().volume('vdb'), await host().volume('vdb')];
    const swap = { attachmentId: old.attachmentId, to };
    await host().hypervisor.ensureDisk(id, 2, old, within());

    await expect(host().hypervisor.ensureDiskSwapped(id, 3, swap, within())).rejects.toBeInstanceOf(Refused);
    await host().hypervisor.ensureDiskCopied(id, 4, swap, within());
    await host().hypervisor.ensureDiskCopied(id, 5, swap, within());
    expect(await attachments(id)).toEqual([old.attachmentId]);
    await host().hypervisor.ensureDiskSwapped(id, 6, swap, within());
    await host().hypervisor.ensureDiskSwapped(id, 7, swap, within());
    await host().hypervisor.ensureDiskCopied(id, 8, swap, within());
    expect(await attachments(id)).toEqual([to.attachmentId]);

    await host().hypervisor.ensureDisk(id, 9, to, within());
    await host().hypervisor.ensureNoDisk(id, 10, to.attachmentId, within());
    expect(await attachments(id)).toEqual([]);
    expect(Object.keys((await find(id))?.pciAddresses ?? {})).not.toContain('vdb');
    await host().hypervisor.ensureDisk(id, 11, old, within());
    expect(await attachments(id)).toEqual([old.attachmentId]);
  });

  it('swaps nothing after it was told to keep the disk, or of a guest that is off', async () => {
    const { id } = await given();
    await host().isUp(id);
    const [old, to] = [await host().volume('vdb'), await host().volume('vdb')];
    const swap = { attachmentId: old.attachmentId, to };
    await host().hypervisor.ensureDisk(id, 2, old, within());

    await host().hypervisor.ensureDiskCopied(id, 3, swap, within());
    await host().hypervisor.ensureDisk(id, 4, old, within());
    await expect(host().hypervisor.ensureDiskSwapped(id, 5, swap, within())).rejects.toBeInstanceOf(Refused);
    await host().hypervisor.ensurePower({ id, generation: 6, power: 'shutdown', graceSeconds: 0 }, within());
    await expect(host().hypervisor.ensureDiskCopied(id, 7, swap, within())).rejects.toBeInstanceOf(Refused);
    await expect(host().hypervisor.ensureDiskSwapped(id, 8, swap, within())).rejects.toBeInstanceOf(Refused);

    expect(await attachments(id)).toEqual([old.attachmentId]);
  });

  it('refuses volumes that cannot be disks', async () => {
    const { id } = await given();
    const volume = await host().volume('vdb');

    await expect(host().hypervisor.ensureDisk(id, 2, { ...volume, target: 'vdb" foo="' }, within())).rejects.toBeInstanceOf(Refused);
    await expect(host().hypervisor.ensureDisk(id, 2, { ...volume, connection: { kind: 'file', path: 'x', format: 'raw' } }, within())).rejects.toBeInstanceOf(Refused);
    await expect(host().hypervisor.ensureGuest({ ...host().spec(), volumes: [volume, { ...volume, attachmentId: newId() }] }, within())).rejects.toBeInstanceOf(Refused);
    expect(await attachments(id)).toEqual([]);
  });
}
