import {
  attachmentChanged, beginDetach, completeAttachments, connectAttachments, listAttachedServers, reimageAttachedVolume, releaseAttachments, reserveAttachment, type AttachmentFact,
} from '@virga/contracts-block-storage';
import { minutes, newId, seconds } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { IMAGE, useBlockStorageWorld } from '../testing/index.js';
import { AttachmentsDesk } from './attachments-desk.fixture.js';

describe('attachments of servers', () => {
  const world = useBlockStorageWorld();
  const desk = () => new AttachmentsDesk(world());
  const asker = { projectId: demoProject, isAdmin: false, userId: 'alice' };

  async function reserved(volumeId: string, serverId: string = newId()): Promise<AttachmentFact> {
    return world().ask(reserveAttachment, { ...asker, attachmentId: newId(), volumeId, serverId });
  }

  async function connected(volumeId: string, host = 'compute-1', serverId: string = newId()): Promise<AttachmentFact> {
    const { id } = await reserved(volumeId, serverId);
    const connect = { host, attachments: [{ id, device: '/dev/vdb' }] };
    await world().ask(connectAttachments, connect);
    await world().settled();
    return one((await world().ask(connectAttachments, connect)).attachments);
  }

  async function attached(volumeId: string, host = 'compute-1', serverId: string = newId()): Promise<AttachmentFact> {
    const { id } = await connected(volumeId, host, serverId);
    return one((await world().ask(completeAttachments, { attachmentIds: [id] })).attachments);
  }

  const told = () => world().cloud.events.filter(({ type }) => type === attachmentChanged.type).map(({ body }) => {
    const { attachmentId, attachment } = body as { attachmentId: string; attachment: AttachmentFact | null };
    return [attachmentId, attachment?.state ?? null];
  });

  it('are reserved, connected, completed, detached and released, and tell of each', async () => {
    const [volume, server] = [await world().availableVolume(), newId()];
    const { id } = await reserved(volume, server);
    const connect = { host: 'compute-1', attachments: [{ id, device: '/dev/vdb' }] };
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({ id, state: 'connecting', host: 'compute-1', address: null });
    await world().settled();
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({
      volumeId: volume, serverId: server, state: 'attaching', isReadOnly: false, isShared: false, fault: null,
      address: { kind: 'nbd-tls', address: '192.0.2.1', port: 10_809, exportName: id },
    });
    expect(one((await world().ask(completeAttachments, { attachmentIds: [id] })).attachments)).toMatchObject({ state: 'attached' });
    expect(await world().status(volume)).toBe('in-use');
    expect(await world().ask(beginDetach, { attachmentId: id, isUndone: false })).toMatchObject({ state: 'detaching', address: { exportName: id } });
    expect(await world().status(volume)).toBe('detaching');
    expect(one((await world().ask(releaseAttachments, { attachmentIds: [id] })).attachments)).toMatchObject({ state: 'detaching', address: null });
    await world().settled();
    expect(await desk().exports()).toEqual([]);
    expect(await world().status(volume)).toBe('available');
    expect(await world().ask(releaseAttachments, { attachmentIds: [id] })).toEqual({ attachments: [] });
    expect(told()).toEqual([[id, 'reserved'], [id, 'connecting'], [id, 'attaching'], [id, 'attached'], [id, 'detaching'], [id, 'detaching'], [id, null]]);
  });

  it('keep the volume while an image is written over it, which no host reaches meanwhile', async () => {
    const volume = await world().availableVolume();
    const { id } = await attached(volume);
    const asked = { attachmentId: id, imageId: IMAGE, isAdmin: false, key: newId() };
    expect(await world().ask(reimageAttachedVolume, asked)).toEqual({ state: 'withdrawing' });
    await world().settled();
    expect(await desk().exports()).toEqual([]);
    expect(await world().status(volume)).toBe('in-use');
    expect(await world().ask(reimageAttachedVolume, asked)).toEqual({ state: 'writing' });
    expect(await world().status(volume)).toBe('downloading');
    await expect(reserved(volume)).rejects.toThrow();
    await world().settled();
    expect(await world().ask(reimageAttachedVolume, asked)).toEqual({ state: 'done' });
    expect(await world().status(volume)).toBe('in-use');
    const connect = { host: 'compute-1', attachments: [{ id, device: '/dev/vda' }] };
    await world().ask(connectAttachments, connect);
    await world().settled();
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({ state: 'attaching', address: { exportName: id } });
    await expect(world().ask(reimageAttachedVolume, { ...asked, attachmentId: newId() })).rejects.toThrow();
  });

  it('answer a question that is asked again as they did before', async () => {
    const [volume, server, attachmentId] = [await world().availableVolume(), newId(), newId()];
    const reserve = { ...asker, attachmentId, volumeId: volume, serverId: server };
    const first = await world().ask(reserveAttachment, reserve);
    expect(await world().ask(reserveAttachment, reserve)).toEqual(first);
    await world().ask(releaseAttachments, { attachmentIds: [attachmentId] });
    expect(await world().status(volume)).toBe('available');
    // Too late: what was released does not come back.
    await expect(world().ask(reserveAttachment, reserve)).rejects.toMatchObject({ kind: 'not-found' });
    expect(await world().status(volume)).toBe('available');
  });

  it('clash where the volume is had already, and are not found where it is another project\'s', async () => {
    const volume = await world().availableVolume();
    await reserved(volume);
    await expect(reserved(volume)).rejects.toMatchObject({ kind: 'conflict' });
    const other = await world().availableVolume({}, 'bob');
    await expect(reserved(other)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world().ask(reserveAttachment, { ...asker, isAdmin: true, attachmentId: newId(), volumeId: other, serverId: newId() })).resolves.toMatchObject({ state: 'reserved' });
    await expect(reserved(newId())).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world().ask(connectAttachments, { host: 'compute-1', attachments: [{ id: newId(), device: '' }] })).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('stay attached where the server keeps the volume after all', async () => {
    const volume = await world().availableVolume();
    const { id } = await attached(volume);
    await world().ask(beginDetach, { attachmentId: id, isUndone: false });
    expect(await world().ask(beginDetach, { attachmentId: id, isUndone: true })).toMatchObject({ state: 'attached' });
    expect(await world().status(volume)).toBe('in-use');
    expect(await world().ask(beginDetach, { attachmentId: id, isUndone: true })).toMatchObject({ state: 'attached' });
    await world().ask(releaseAttachments, { attachmentIds: [id] });
    expect(await world().ask(beginDetach, { attachmentId: id, isUndone: false })).toMatchObject({ state: 'detaching' });
    await expect(world().ask(beginDetach, { attachmentId: id, isUndone: true })).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('lead to another host only when the first can reach the volume no more', async () => {
    const volume = await world().availableVolume();
    const { id, generation } = await attached(volume, 'compute-1');
    await world().ask(connectAttachments, { host: 'compute-2', attachments: [{ id, device: '/dev/vdb' }] });
    await world().settled();
    const moved = one((await world().ask(connectAttachments, { host: 'compute-2', attachments: [{ id, device: '/dev/vdb' }] })).attachments);
    expect(moved).toMatchObject({ state: 'attaching', host: 'compute-2' });
    expect(moved.generation).toBeGreaterThan(generation);
    expect(await desk().exports()).toEqual([{ attachmentId: id, host: 'compute-2', volumeId: volume }]);
  });

  it('are told to have failed before they are tried again', async () => {
    const volume = await world().availableVolume();
    const refusals = world().cloud.host().refusals.set('block-storage.agent.ensure-export', { code: 'driver.refused', message: 'not today', isFinal: true });
    expect(await connected(volume)).toMatchObject({ state: 'error', fault: { message: 'not today' } });
    const [{ id } = { id: '' }] = (await world().ask(listAttachedServers, { afterServerId: null, limit: 1 })).servers.map(({ attachmentIds }) => ({ id: attachmentIds[0] ?? '' }));
    refusals.clear();
    const connect = { host: 'compute-1', attachments: [{ id, device: '' }] };
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({ state: 'error' });
    await world().pass(seconds(31));
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({ state: 'connecting', fault: null });
    await world().settled();
    expect(one((await world().ask(connectAttachments, connect)).attachments)).toMatchObject({ state: 'attaching' });
  });

  it('are not changed by users, nor by administrators, only by compute (CVE-2023-2088)', async () => {
    const volume = await world().availableVolume();
    const { id } = await attached(volume, 'compute-1');
    for (const as of ['alice', 'admin']) {
      expect(await desk().tryRemove(id, as)).toMatchObject({ status: 409, body: { conflictingRequest: { message: expect.stringContaining('using the Compute API') } } });
      expect(await desk().tryConnect(id, { host: 'evil' }, as)).toMatchObject({ status: 409 });
      expect((await desk().complete(id, as)).status).toBe(409);
      expect((await world().act(volume, { 'os-detach': { attachment_id: id } }, { as })).status).toBe(409);
      expect((await world().act(volume, { 'os-detach': {} }, { as })).status).toBe(409);
      expect((await world().act(volume, { 'os-terminate_connection': { connector: { host: 'compute-1' } } }, { as })).status).toBe(409);
      expect((await world().act(volume, { 'os-initialize_connection': { connector: { host: 'evil' } } }, { as })).status).toBe(400);
    }
    expect((await world().act(volume, { 'os-force_detach': { attachment_id: id } }, { as: 'admin' })).status).toBe(409);
    expect(await desk().exports()).toEqual([{ attachmentId: id, host: 'compute-1', volumeId: volume }]);
    expect(await world().status(volume)).toBe('in-use');
  });

  it('do not tell their servers\' owners where the storage host is', async () => {
    const volume = await world().availableVolume();
    const { id } = await attached(volume, 'compute-1');
    expect((await desk().show(id)).connection_info).toEqual({
      driver_volume_type: 'nbd', access_mode: 'rw', attachment_id: id, encrypted: false, encrypted_at_rest: false, qos_specs: null, enforce_multipath: false,
    });
    const seen = await world().api<{ attachment: { connection_info: object } }>('GET', `/attachments/${id}`, undefined, { as: 'admin' });
    expect(seen.attachment.connection_info).toMatchObject({ host: '192.0.2.1' });
  });

  it('keep their volume from others until a storage host that was silent has proven that they are gone', async () => {
    const volume = await world().availableVolume();
    const { id } = await attached(volume, 'compute-1');
    world().cloud.host().vanish();
    await world().ask(releaseAttachments, { attachmentIds: [id] });
    await world().settled();
    expect(await world().status(volume)).toBe('detaching');
    await world().pass(seconds(90));
    expect(await world().status(volume)).toBe('error_detaching');
    // Asked again while it is owed, nothing begins anew: compute asks at every news.
    const operations = await world().count('operation');
    expect(one((await world().ask(releaseAttachments, { attachmentIds: [id] })).attachments)).toMatchObject({ state: 'error', fault: { code: 'block-storage.attachment.storage-silent' } });
    expect(await world().count('operation')).toBe(operations);
    expect((await desk().show(id))).toMatchObject({ status: 'error_detaching', 'x-virga:fault': { code: 'block-storage.attachment.storage-silent' } });
    await expect(reserved(volume)).rejects.toMatchObject({ kind: 'conflict' });
    const { messages } = await world().api<{ messages: { resource_uuid: string; user_message: string }[] }>('GET', '/messages');
    expect(messages[0]).toMatchObject({ resource_uuid: volume, user_message: expect.stringContaining('has not confirmed that nobody can reach it') });

    await world().cloud.host().comeBack();
    await world().settled();
    await world().pass(minutes(10));
    expect(await world().status(volume)).toBe('available');
    expect(await desk().exports()).toEqual([]);
    expect(told().at(-1)).toEqual([id, null]);
  });

  it('carry the limits of their volume\'s type', async () => {
    const { qos_specs: qos } = await world().api<{ qos_specs: { id: string } }>('POST', '/qos-specs', { qos_specs: { name: 'slow', consumer: 'front-end', total_iops_sec_per_gb: '30' } }, { as: 'admin' });
    const { volume_type: type } = await world().api<{ volume_type: { id: string } }>('POST', '/types', { volume_type: { name: 'slow' } }, { as: 'admin' });
    await world().try('GET', `/qos-specs/${qos.id}/associate?vol_type_id=${type.id}`, undefined, { as: 'admin' });
    const volume = await world().availableVolume({ volume_type: 'slow', size: 2 });
    const { id, limits } = await attached(volume);
    expect(limits).toEqual({ totalRequests: 60 });
    expect((await desk().show(id)).connection_info).toMatchObject({ qos_specs: { total_iops_sec_per_gb: '30' } });
  });

  it('are listed by server, page by page, for compute to compare', async () => {
    const servers = [newId(), newId(), newId()].sort();
    const made = new Map<string, string[]>();
    for (const server of servers) made.set(server, [(await reserved(await world().availableVolume(), server)).id]);
    made.get(servers[0] as string)?.push((await reserved(await world().availableVolume(), servers[0])).id);
    await desk().create({ volume_uuid: await world().availableVolume(), instance_uuid: newId() });
    const first = await world().ask(listAttachedServers, { afterServerId: null, limit: 2 });
    const rest = await world().ask(listAttachedServers, { afterServerId: first.servers.at(-1)?.serverId ?? null, limit: 2 });
    expect([...first.servers, ...rest.servers].map(({ serverId, attachmentIds }) => [serverId, [...attachmentIds].sort()]))
      .toEqual(servers.map((server) => [server, [...made.get(server) as string[]].sort()]));
  });
});

function one(facts: readonly AttachmentFact[]): AttachmentFact {
  const [fact] = facts;
  if (fact === undefined || facts.length > 1) throw new Error(`There are ${facts.length} attachments instead of one.`);
  return fact;
}
