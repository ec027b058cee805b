import { moveDisk } from '@virga/contracts-compute';
import { minutes, newId, seconds } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { useComputeWorld } from '../testing/index.js';

interface Used {
  server: string;
  volume: string;
  attachment: string;
}

describe('copies with which guests go on', () => {
  const world = useComputeWorld();
  const storage = () => world().cloud.storage;
  const host = () => world().cloud.host('node-1');
  const guest = ({ server }: Used) => host().guests.get(server);
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) =>
    world().request({ as: 'alice', method, url: `/v2.1/servers/${path}`, headers: { 'openstack-api-version': 'compute 2.89' }, ...(body !== undefined && { body }) });
  const shown = async ({ server }: Used): Promise<unknown> => ((await ask('GET', `${server}/os-volume_attachments`)).body as { volumeAttachments: unknown }).volumeAttachments;
  const move = ({ server, attachment }: Used, next: string | null = null) => world().ask(moveDisk, { serverId: server, attachmentId: attachment, nextAttachmentId: next });
  /** Block storage has a copy of the server's volume, and the server is asked to go on with it. */
  const moving = async (used: Used): Promise<string> => {
    const next = storage().prepareMove(used.attachment);
    await move(used, next);
    return next;
  };

  async function used(): Promise<Used> {
    const [server, { id: volume }] = [await world().activeServer(), storage().addVolume({ projectId: demoProject })];
    await ask('POST', `${server}/os-volume_attachments`, { volumeAttachment: { volumeId: volume, device: '/dev/vdd', tag: 'data', delete_on_termination: true } });
    await world().settled();
    return { server, volume, attachment: [...storage().attachments.keys()][0] ?? '' };
  }

  it('the server has the same volume at the same place, through the other attachment', async () => {
    const subject = await used();
    const before = await shown(subject);
    const next = await moving(subject);
    expect(await shown(subject)).toEqual(before);
    await world().settled();
    expect(guest(subject)?.volumes).toMatchObject([{ volumeId: subject.volume, attachmentId: next, target: 'vdd' }]);
    expect([...storage().attachments.values()]).toMatchObject([{ id: next, state: 'attached' }]);
    expect(await shown(subject)).toMatchObject([{ volumeId: subject.volume, device: '/dev/vdd', tag: 'data', delete_on_termination: true, attachment_id: next }]);
    await move({ ...subject }, next);
    await world().settled();
    expect([...storage().attachments.keys()]).toEqual([next]);
  });

  it('a server that is not as it must be is not asked, and says why', async () => {
    const subject = await used();
    await expect(move({ ...subject, attachment: newId() })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(move({ ...subject, server: newId() })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(move(subject)).resolves.toEqual({});
    await world().act(subject.server, { 'os-stop': null });
    await expect(move(subject)).rejects.toMatchObject({ kind: 'conflict' });
    await world().settled();
    await expect(move(subject)).rejects.toThrow('vm_state stopped');
  });

  it('while it goes on the volume is neither detached nor swapped, and the server may have others', async () => {
    const subject = await used();
    await moving(subject);
    expect((await ask('DELETE', `${subject.server}/os-volume_attachments/${subject.volume}`)).status).toBe(400);
    await expect(move(subject)).rejects.toMatchObject({ kind: 'conflict' });
    const { id: other } = storage().addVolume({ projectId: demoProject });
    expect((await ask('POST', `${subject.server}/os-volume_attachments`, { volumeAttachment: { volumeId: other } })).status).toBe(200);
    await world().settled();
    expect(guest(subject)?.volumes.map(({ volumeId }) => volumeId)).toEqual([subject.volume, other]);
  });

  it('a guest that is switched off meanwhile keeps the volume where it was', async () => {
    const subject = await used();
    await moving(subject);
    host().guestBecomes(subject.server, 'shutdown');
    await world().settled();
    expect(guest(subject)?.volumes).toMatchObject([{ attachmentId: subject.attachment }]);
    expect([...storage().attachments.keys()]).toEqual([subject.attachment]);
    expect(await shown(subject)).toMatchObject([{ attachment_id: subject.attachment }]);
  });

  it('a guest that starts again in the moment of the change has what its host says, and that stays', async () => {
    const subject = await used();
    const next = await moving(subject);
    await untilTold(next);
    await world().act(subject.server, { reboot: { type: 'HARD' } });
    await world().settled();
    await world().pass(minutes(1));
    expect(guest(subject)?.volumes).toMatchObject([{ attachmentId: next }]);
    expect([...storage().attachments.keys()]).toEqual([next]);
  });

  it('a server that is deleted in the moment of the change leaves the volume where its guest wrote last', async () => {
    const subject = await used();
    const next = await moving(subject);
    await untilTold(next);
    const completed = storage().completed;
    expect((await ask('DELETE', subject.server)).status).toBe(204);
    await world().settled();
    expect(completed).toContain(next);
    expect(storage().attachments.size).toBe(0);
  });

  it('a server that is deleted before leaves it where it was', async () => {
    const subject = await used();
    const next = await moving(subject);
    expect((await ask('DELETE', subject.server)).status).toBe(204);
    await world().settled();
    expect(storage().completed).not.toContain(next);
    expect(storage().attachments.size).toBe(0);
  });

  it('where block storage goes on without an answer nothing is left half done', async () => {
    const subject = await used();
    const next = await moving(subject);
    storage().attachments.delete(next);
    await world().settled();
    await world().pass(seconds(30));
    expect(guest(subject)?.volumes).toMatchObject([{ attachmentId: subject.attachment }]);
    expect(await shown(subject)).toMatchObject([{ attachment_id: subject.attachment }]);
  });

  /** The host has been told to change over, and block storage has not been told of it: it does not answer. */
  async function untilTold(next: string): Promise<void> {
    storage().lostQuestions.add('block-storage.attachments.complete');
    await world().settled();
    expect(await world().database.sql`SELECT told ->> 'what' AS what FROM block_device WHERE attachment_id = ${next}`).toEqual([{ what: 'swap' }]);
    storage().lostQuestions.clear();
  }
});
