import { connectAttachments, reserveAttachment } from '@virga/contracts-block-storage';
import { days, newId, type AttachmentId, type VolumeId } from '@virga/kernel';
import type { SimVolumeBackend } from '@virga/driver-volume-file/sim';
import { Reconciliation } from '@virga/reconcile';
import { demoProject } from '@virga/testing';
import { useBlockStorageWorld } from '../testing/index.js';
import { AttachmentsDesk } from './attachments-desk.fixture.js';

describe('repairing attachments', () => {
  const world = useBlockStorageWorld();
  const desk = () => new AttachmentsDesk(world());
  const soon = () => AbortSignal.timeout(5_000);
  const announced = async (): Promise<void> => {
    await world().cloud.host().announce();
    await world().settled();
  };
  const repaired = async () => {
    await announced();
    const report = await world().reconcile('attachments');
    await world().settled();
    return report;
  };

  it('finds nothing to do where all is as it should be', async () => {
    const volume = await world().availableVolume();
    await desk().attached(volume, newId(), 'client-1');
    await desk().create({ volume_uuid: await world().availableVolume() });
    expect(await repaired()).toMatchObject({ corrected: 0, alarms: 0, failures: 0 });
  });

  it('takes an export away that nobody remembers', async () => {
    const volume = await world().availableVolume();
    const attachmentId = newId<'attachment'>();
    await world().cloud.host().backend().ensureExport({ attachmentId, generation: 4, volumeId: volume as VolumeId, host: 'client-1', isReadOnly: false, isShared: false }, soon());
    expect(await repaired()).toMatchObject({ corrected: 1, defects: 1 });
    expect(await desk().exports()).toEqual([]);
    expect(await repaired()).toMatchObject({ failures: 0, alarms: 0, defects: 0 });
    expect(await world().count('export_observation')).toBe(0);
  });

  it('leaves alone what an operation that moves a volume has exported for itself', async () => {
    const volume = await world().availableVolume();
    const request = { attachmentId: newId<'attachment'>(), generation: 1, volumeId: volume as VolumeId, host: 'node-2', isReadOnly: true, isShared: false };
    await world().cloud.host().backend().ensureExport(request, soon());
    expect((await world().act(volume, { 'os-extend': { new_size: 2 } })).status).toBe(202);
    await world().cloud.host().announce();
    await world().running.bus.deliver(world().database);
    expect(await world().reconcile('attachments')).toMatchObject({ corrected: 0, leftAlone: 1 });
    expect(await desk().exports()).toHaveLength(1);
  });

  it('makes an export again that the storage host has lost', async () => {
    const volume = await world().availableVolume();
    const id = await desk().attached(volume, newId(), 'client-1');
    await world().cloud.host().backend().ensureNoExport(id as AttachmentId, 2, soon());
    expect(await repaired()).toMatchObject({ corrected: 1 });
    expect(await desk().exports()).toEqual([{ attachmentId: id, host: 'client-1', volumeId: volume }]);
    expect(await desk().show(id)).toMatchObject({ status: 'attached' });
  });

  it('has an encrypted volume served again after its storage host has restarted', async () => {
    const volume = await encryptedVolume();
    const id = await desk().attached(volume, newId(), 'client-1');
    const address = { kind: 'nbd-tls', address: '192.0.2.1', port: 10_809, exportName: id } as const;
    const guest = world().cloud.host().backend().connect(address);
    guest.write(0, Buffer.from('before'));
    world().cloud.host().vanish();
    await world().cloud.host().comeBack();
    expect(() => guest.read(0, 6)).toThrow();
    await world().settled();
    expect(await world().reconcile('attachments')).toMatchObject({ corrected: 1, defects: 0 });
    await world().settled();
    expect(guest.read(0, 6).toString()).toBe('before');
  });

  it('does so as soon as the storage host says that it is back', async () => {
    const volume = await encryptedVolume();
    const id = await desk().attached(volume, newId(), 'client-1');
    const guest = world().cloud.host().backend().connect({ kind: 'nbd-tls', address: '192.0.2.1', port: 10_809, exportName: id });
    const reconciliation = world().running.app.get(Reconciliation);
    reconciliation.start();
    world().cloud.host().vanish();
    await world().cloud.host().comeBack();
    await desk().until(() => isReadable(guest));
    await reconciliation.stop();
  });

  it('forgets attachments that have been gone for long', async () => {
    const { id } = await desk().create({ volume_uuid: await world().availableVolume() });
    await desk().remove(id);
    expect(await world().count('attachment')).toBe(1);
    await world().pass(days(3));
    await world().reconcile('attachments');
    expect(await world().count('attachment')).toBe(0);
  });

  it('leaves alone what compute has reserved, and what is being connected', async () => {
    const [volume, server, attachmentId] = [await world().availableVolume(), newId(), newId()];
    await world().ask(reserveAttachment, { projectId: demoProject, isAdmin: false, userId: 'alice', attachmentId, volumeId: volume, serverId: server });
    await world().ask(connectAttachments, { host: 'compute-1', attachments: [{ id: attachmentId, device: '' }] });
    expect(await world().reconcile('attachments')).toMatchObject({ leftAlone: 1, corrected: 0, alarms: 0 });
    await world().settled();
    expect(await desk().exports()).toHaveLength(1);
  });

  /** As the storage host would make one whose type says so. */
  async function encryptedVolume(): Promise<string> {
    const volume = await world().availableVolume();
    const key = newId();
    await world().database.sql`INSERT INTO volume_key (id, project_id, wrapped) VALUES (${key}, 'p', '\\x00')`;
    await world().database.sql`UPDATE volume SET key_id = ${key}, generation = generation + 1 WHERE id = ${volume}`;
    const backend = world().cloud.host().backend();
    await backend.ensureNoVolume(volume as VolumeId, 1, soon());
    await backend.ensureVolume({ id: volume as VolumeId, generation: 2, sizeBytes: 2 ** 30, source: { kind: 'empty' }, key: { id: key, passphrase: `passphrase of ${key}` } }, soon());
    return volume;
  }
});

function isReadable(guest: ReturnType<SimVolumeBackend['connect']>): boolean {
  try {
    return guest.read(0, 1).length === 1;
  } catch {
    return false;
  }
}
