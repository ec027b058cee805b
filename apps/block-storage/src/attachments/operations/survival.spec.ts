import { connectAttachments, releaseAttachments, reserveAttachment } from '@virga/contracts-block-storage';
import { newId, type AttachmentId, type VolumeId } from '@virga/kernel';
import { survival } from '@virga/operations/harness';
import { json, type PostgresDatabase } from '@virga/persistence';
import { demoProject } from '@virga/testing';
import { SurvivalWorld, useBlockStorageDatabase } from '../../testing/index.js';
import { standingAfter, type Attachment } from '../attachment.js';
import { AttachmentsDesk } from '../attachments-desk.fixture.js';
import type { VolumeStatus } from '../../volumes/index.js';
import { ConnectAttachment } from './connect-attachment.operation.js';
import { ReleaseAttachment } from './release-attachment.operation.js';

interface Subject {
  volume: string;
  attachment: string;
}

/** The world, whose volumes' statuses also follow from their attachments, and in which who is said to have a volume can reach it. */
class AttachedWorld extends SurvivalWorld {
  static override async open(database: PostgresDatabase): Promise<AttachedWorld> {
    const world = new AttachedWorld(database);
    await world.enter();
    await world.furnish();
    return world;
  }

  override async assertSound(): Promise<void> {
    await super.assertSound();
    const isThere = [...this.cloud.hosts.values()].every(({ isGone }) => !isGone);
    const exports = await new AttachmentsDesk(this).exports();
    for (const { status, attachments } of await this.standings()) {
      const expected = standingAfter({ status, previousStatus: null }, attachments).status;
      if (expected !== status) throw new Error(`the volume is ${status} and should be ${expected}`);
      const lost = attachments.find(({ id, state }) => isThere && (state === 'attaching' || state === 'attached') && !exports.some(({ attachmentId }) => attachmentId === id));
      if (lost !== undefined) throw new Error(`attachment ${lost.id} is ${lost.state} and not exported`);
    }
  }

  async reserved(): Promise<Subject> {
    const [volume, attachment] = [await this.availableVolume(), newId()];
    await this.ask(reserveAttachment, { projectId: demoProject, isAdmin: false, userId: 'alice', attachmentId: attachment, volumeId: volume, serverId: newId() });
    return { volume, attachment };
  }

  async connecting(host: string, subject?: Subject): Promise<Subject> {
    const { volume, attachment } = subject ?? await this.reserved();
    await this.ask(connectAttachments, { host, attachments: [{ id: attachment, device: '/dev/vdb' }] });
    return { volume, attachment };
  }

  /** Led to this host already: not by an operation, which the harness would take for the one it plays with. */
  async connected(host: string): Promise<Subject> {
    const subject = await this.reserved();
    const [attachmentId, volumeId] = [subject.attachment as AttachmentId, subject.volume as VolumeId];
    const request = { attachmentId, generation: 2, volumeId, host, isReadOnly: false, isShared: false };
    const address = await this.cloud.host().backend().ensureExport(request, AbortSignal.timeout(5_000));
    await this.database.sql`
      UPDATE attachment SET state = 'attaching', host = ${host}, generation = 2, revision = revision + 1, address = ${json(address)} WHERE id = ${attachmentId}`;
    await this.database.sql`UPDATE volume SET status = 'attaching', revision = revision + 1 WHERE id = ${volumeId}`;
    await this.cloud.host().announce();
    await this.settled();
    return subject;
  }

  async releasing(subject: Subject): Promise<Subject> {
    await this.ask(releaseAttachments, { attachmentIds: [subject.attachment] });
    return subject;
  }

  async attachment(id: string): Promise<{ state: string; host: string | null; fault: { message: string } | null }> {
    const [row] = await this.database.sql<{ state: string; host: string | null; fault: { message: string } | null }>`SELECT state, host, fault FROM attachment WHERE id = ${id}`;
    if (row === undefined) throw new Error(`There is no attachment ${id}.`);
    return row;
  }

  private async standings(): Promise<{ status: VolumeStatus; attachments: Pick<Attachment, 'id' | 'state' | 'isLeaving'>[] }[]> {
    return this.database.sql`
      SELECT status, coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', id, 'state', state, 'isLeaving', is_leaving)) FROM attachment WHERE volume_id = v.id AND state <> 'deleted'), '[]') AS attachments
      FROM volume v`;
  }
}

const disasters = {
  'its storage host vanishes': async (world: AttachedWorld) => {
    world.cloud.host().vanish();
  },
  'its server goes': async (world: AttachedWorld, subject: Subject) => {
    await world.releasing(subject);
  },
};

describe('operations of attachments', () => {
  const database = useBlockStorageDatabase();
  const itSurvives = survival(() => AttachedWorld.open(database));

  const connectedTo = (host: string) => async (world: AttachedWorld, { volume, attachment }: Subject) => {
    expect(await world.attachment(attachment)).toMatchObject({ state: 'attaching', host, fault: null });
    expect(await new AttachmentsDesk(world).exports()).toEqual([{ attachmentId: attachment, host, volumeId: volume }]);
    expect(await world.status(volume)).toBe('attaching');
  };
  const inError = async (world: AttachedWorld, { volume, attachment }: Subject) => {
    expect(await world.attachment(attachment)).toMatchObject({ state: 'error', host: null, fault: { message: 'The harness made this step fail.' } });
    expect(await new AttachmentsDesk(world).exports()).toEqual([]);
    expect(await world.status(volume)).toBe('reserved');
  };
  const gone = async (world: AttachedWorld, { volume, attachment }: Subject) => {
    expect((await world.attachment(attachment)).state).toBe('deleted');
    expect(await new AttachmentsDesk(world).exports()).toEqual([]);
    expect(await world.status(volume)).toBe('available');
    expect(await world.count('debt')).toBe(0);
  };

  describe('connecting', () => {
    itSurvives(ConnectAttachment, { given: (world) => world.connecting('compute-1'), whenItCompletes: connectedTo('compute-1'), whenItFails: inError, disasters });
  });

  describe('connecting to another host', () => {
    itSurvives(ConnectAttachment, {
      given: async (world) => world.connecting('compute-2', await world.connected('compute-1')), whenItCompletes: connectedTo('compute-2'), whenItFails: inError, disasters,
    }, { timeoutMs: 600_000 });
  });

  describe('releasing', () => {
    itSurvives(ReleaseAttachment, {
      given: async (world) => world.releasing(await world.connected('compute-1')), whenItCompletes: gone,
      // What a step refuses for good, its abandoning does.
      whenItFails: gone,
      disasters: { 'its storage host vanishes': disasters['its storage host vanishes'] },
    });
  });

  describe('releasing what is still being connected', () => {
    itSurvives(ReleaseAttachment, { given: async (world) => world.releasing(await world.connecting('compute-1')), whenItCompletes: gone, whenItFails: gone });
  });
});
