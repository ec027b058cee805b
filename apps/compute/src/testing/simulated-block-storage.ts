import type { CallContract, CallReply, CallRequest, MessageContract } from '@virga/contract';
import {
  attachedVolumeGrew, attachmentChanged, beginDetach, completeAttachments, connectAttachments, describeSnapshot, describeVolumes, ensureSnapshotsTogether,
  ensureVolumeFor, listAttachedServers, reimageAttachedVolume, releaseAttachments, releaseVolumes, reserveAttachment, snapshotChanged, volumeChanged,
  type AttachmentFact, type VolumeFact,
} from '@virga/contracts-block-storage';
import { Conflict, newId, NotFound, Unavailable } from '@virga/kernel';

type Attachment = AttachmentFact & { serverId: string };
type Snapshot = CallReply<typeof describeSnapshot> & { projectId: string };
const GIBIBYTE = 1024 ** 3;

/**
 * The block storage service, as far as compute asks it: volumes that are being made for a while, attachments that lead to one host,
 * and events about them. What takes its time happens in `work`.
 */
export class SimulatedBlockStorage {
  readonly volumes = new Map<string, VolumeFact>();
  readonly attachments = new Map<string, Attachment>();
  readonly snapshots = new Map<string, Snapshot>();
  readonly events: { contract: MessageContract; body: unknown }[] = [];
  /** It answers nothing any more. */
  isGone = false;
  /** The attachments that were completed, in their order. */
  readonly completed: string[] = [];
  /** Calls that do not reach it. */
  readonly lostQuestions = new Set<string>();
  /** Calls that it does and whose answers nobody gets. */
  readonly lostAnswers = new Set<string>();
  /** Calls that it does and whose answers come when the promise is kept. */
  readonly lateAnswers = new Map<string, Promise<void>>();
  /** Its storage host does nothing any more: what was begun does not end. */
  isStuck = false;
  /** What it says of volumes that it should make. */
  refusal: { code: string; message: string } | undefined;
  private pending: (() => void)[] = [];
  private readonly reimages = new Map<string, 'writing' | 'done'>();

  /** A volume that is there already. */
  addVolume(more: Partial<VolumeFact> & Pick<VolumeFact, 'projectId'>): VolumeFact {
    const volume: VolumeFact = {
      id: newId(), name: 'data', sizeGibibytes: 1, status: 'available', revision: 1, isBootable: false, isMultiattach: false, isEncrypted: false, isReadOnly: false,
      availabilityZone: 'nova', volumeType: 'file', imageMetadata: {}, fault: null, ...more,
    };
    this.volumes.set(volume.id, volume);
    return volume;
  }

  addSnapshot(more: Partial<Snapshot> & Pick<Snapshot, 'projectId'>): Snapshot {
    const snapshot: Snapshot = { id: newId(), volumeId: newId(), sizeGibibytes: 1, status: 'available', isBootable: false, imageMetadata: {}, ...more };
    this.snapshots.set(snapshot.id, snapshot);
    return snapshot;
  }

  /** The volume of this attachment has a copy elsewhere, to which another attachment leads that is reserved; its id. */
  prepareMove(attachmentId: string): string {
    const id = newId();
    this.attachments.set(id, { ...this.requireAttachment(attachmentId), id, generation: 1, state: 'reserved', host: null, address: null });
    return id;
  }

  /** The volume has become larger while guests have it. */
  grow(volumeId: string, sizeGibibytes: number): void {
    this.change(volumeId, { sizeGibibytes });
    for (const { id, serverId } of this.attachmentsOf(volumeId)) {
      this.events.push({ contract: attachedVolumeGrew, body: { attachmentId: id, volumeId, serverId, sizeBytes: sizeGibibytes * GIBIBYTE, userId: 'whoever-grew-it' } });
    }
  }

  /** Does what was begun; answers whether there was anything. */
  work(): boolean {
    if (this.isGone || this.isStuck || this.pending.length === 0) return false;
    for (const end of this.pending.splice(0)) end();
    return true;
  }

  /** Answers a call; undefined where it is none of block storage's. */
  answers(contract: CallContract): ((request: never) => unknown) | undefined {
    const answer = this.handlers[contract.type];
    return answer === undefined ? undefined : async (request: never) => {
      if (this.lostQuestions.has(contract.type)) throw new Unavailable('messaging.call.timed-out', 'Block storage was not there in time.');
      const reply = this.isGone ? undefined : answer(request);
      await this.lateAnswers.get(contract.type);
      if (this.isGone || this.lostAnswers.has(contract.type)) throw new Unavailable('messaging.call.timed-out', 'Block storage was not there in time.');
      return reply;
    };
  }

  private readonly handlers: Readonly<Record<string, (request: never) => unknown>> = {
    [describeVolumes.type]: ({ volumeIds, ...asker }: CallRequest<typeof describeVolumes>) => ({ volumes: volumeIds.map((id) => this.require(id, asker)) }),
    [describeSnapshot.type]: ({ snapshotId, ...asker }: CallRequest<typeof describeSnapshot>) => {
      const snapshot = this.snapshots.get(snapshotId);
      if (snapshot === undefined || (snapshot.projectId !== asker.projectId && !asker.isAdmin)) throw new NotFound('block-storage.snapshot.unknown', `Snapshot ${snapshotId} could not be found.`);
      return snapshot;
    },
    [ensureVolumeFor.type]: (asked: CallRequest<typeof ensureVolumeFor>) => this.ensureVolume(asked),
    [releaseVolumes.type]: ({ volumeIds }: CallRequest<typeof releaseVolumes>) => {
      for (const id of volumeIds.filter((known) => this.volumes.has(known))) {
        if (this.attachmentsOf(id).length > 0) throw new Conflict('block-storage.volume.attached', `Volume ${id} is attached.`);
        this.volumes.delete(id);
        this.events.push({ contract: volumeChanged, body: { volumeId: id, revision: 1_000, volume: null } });
      }
      return {};
    },
    [reserveAttachment.type]: (asked: CallRequest<typeof reserveAttachment>) => this.reserve(asked),
    [connectAttachments.type]: ({ host, attachments }: CallRequest<typeof connectAttachments>) => ({ attachments: attachments.map(({ id }) => this.connect(id, host)) }),
    [completeAttachments.type]: ({ attachmentIds }: CallRequest<typeof completeAttachments>) => ({ attachments: attachmentIds.map((id) => this.complete(id)) }),
    [beginDetach.type]: ({ attachmentId, isUndone }: CallRequest<typeof beginDetach>) => this.detach(attachmentId, isUndone),
    [releaseAttachments.type]: ({ attachmentIds }: CallRequest<typeof releaseAttachments>) => ({ attachments: this.release(attachmentIds) }),
    [reimageAttachedVolume.type]: (asked: CallRequest<typeof reimageAttachedVolume>) => ({ state: this.reimage(asked) }),
    [listAttachedServers.type]: ({ afterServerId, limit }: CallRequest<typeof listAttachedServers>) => {
      const ids = [...new Set([...this.attachments.values()].map(({ serverId }) => serverId))].sort().filter((id) => afterServerId === null || id > afterServerId);
      const of = (serverId: string): string[] => [...this.attachments.values()].filter((attachment) => attachment.serverId === serverId).map(({ id }) => id);
      return { servers: ids.slice(0, limit).map((serverId) => ({ serverId, attachmentIds: of(serverId) })) };
    },
    [ensureSnapshotsTogether.type]: (asked: CallRequest<typeof ensureSnapshotsTogether>) => this.ensureSnapshots(asked),
  };

  private ensureVolume({ volumeId, projectId, name, sizeGibibytes, volumeType, source }: CallRequest<typeof ensureVolumeFor>): VolumeFact {
    const known = this.volumes.get(volumeId);
    if (known !== undefined) return known;
    const made = this.addVolume({ id: volumeId, projectId, name, sizeGibibytes, volumeType: volumeType ?? 'file', status: 'creating', isBootable: source.kind === 'image' || source.kind === 'snapshot' });
    const { refusal } = this;
    this.pending.push(() => this.change(volumeId, refusal === undefined ? { status: 'available' } : { status: 'error', fault: refusal }));
    return made;
  }

  private reserve({ attachmentId, volumeId, serverId, ...asker }: CallRequest<typeof reserveAttachment>): Attachment {
    const known = this.attachments.get(attachmentId);
    if (known !== undefined) return known;
    const volume = this.require(volumeId, asker);
    const isFree = volume.status === 'available' || (volume.isMultiattach && volume.status === 'in-use');
    if (!isFree) throw new Conflict('block-storage.volume.unavailable', `Volume ${volumeId} status must be available or downloading to reserve, but the current status is ${volume.status}.`);
    const made: Attachment = {
      id: attachmentId, volumeId, serverId, generation: 1, state: 'reserved', host: null, isReadOnly: volume.isReadOnly, isShared: volume.isMultiattach, address: null, limits: {}, fault: null,
    };
    this.attachments.set(attachmentId, made);
    this.change(volumeId, { status: 'reserved' });
    return made;
  }

  private connect(id: string, host: string): Attachment {
    const attachment = this.requireAttachment(id);
    if (attachment.host === host && attachment.state !== 'reserved') return attachment;
    Object.assign(attachment, { host, state: 'connecting', generation: attachment.generation + 1, address: null });
    const { generation } = attachment;
    this.pending.push(() => {
      if (this.attachments.get(id) !== attachment || attachment.generation !== generation) return;
      Object.assign(attachment, { state: 'attaching', address: { kind: 'nbd-unix', socketPath: '/run/vault.sock', exportName: id } });
      this.change(attachment.volumeId, { status: 'attaching' });
      this.tell(attachment);
    });
    return attachment;
  }

  private complete(id: string): Attachment {
    const attachment = this.requireAttachment(id);
    attachment.state = 'attached';
    this.completed.push(id);
    this.change(attachment.volumeId, { status: 'in-use' });
    return attachment;
  }

  private detach(id: string, isUndone: boolean): Attachment {
    const attachment = this.requireAttachment(id);
    attachment.state = isUndone ? 'attached' : 'detaching';
    this.change(attachment.volumeId, { status: isUndone ? 'in-use' : 'detaching' });
    return attachment;
  }

  private release(ids: readonly string[]): Attachment[] {
    const there = ids.map((id) => this.attachments.get(id)).filter((attachment) => attachment !== undefined);
    for (const attachment of there) {
      Object.assign(attachment, { state: 'detaching', generation: attachment.generation + 1, address: null });
      this.pending.push(() => this.remove(attachment));
    }
    return there;
  }

  private remove({ id, volumeId, serverId, generation }: Attachment): void {
    if (!this.attachments.delete(id)) return;
    this.change(volumeId, { status: this.attachmentsOf(volumeId).length > 0 ? 'in-use' : 'available' });
    this.events.push({ contract: attachmentChanged, body: { attachmentId: id, volumeId, serverId, generation, attachment: null } });
  }

  private reimage({ attachmentId, imageId, key }: CallRequest<typeof reimageAttachedVolume>): 'withdrawing' | 'writing' | 'done' {
    const attachment = this.requireAttachment(attachmentId);
    const known = this.reimages.get(key);
    if (known !== undefined) return known;
    if (attachment.host !== null) {
      if (attachment.state === 'detaching') return 'withdrawing';
      Object.assign(attachment, { state: 'detaching', generation: attachment.generation + 1, address: null });
      this.pending.push(() => {
        Object.assign(attachment, { state: 'attached', host: null });
        this.tell(attachment);
      });
      return 'withdrawing';
    }
    this.reimages.set(key, 'writing');
    this.change(attachment.volumeId, { status: 'downloading' });
    this.pending.push(() => {
      this.reimages.set(key, 'done');
      this.change(attachment.volumeId, { status: 'in-use', imageMetadata: { image_id: imageId } });
    });
    return 'writing';
  }

  private ensureSnapshots({ projectId, snapshots }: CallRequest<typeof ensureSnapshotsTogether>): CallReply<typeof ensureSnapshotsTogether> {
    return {
      snapshots: snapshots.map(({ id, volumeId }) => {
        const known = this.snapshots.get(id);
        if (known !== undefined) return known;
        const volume = this.require(volumeId, { projectId, isAdmin: true });
        const made = this.addSnapshot({ id, projectId, volumeId, status: 'creating', sizeGibibytes: volume.sizeGibibytes, isBootable: volume.isBootable });
        this.pending.push(() => {
          made.status = 'available';
          this.events.push({ contract: snapshotChanged, body: { snapshotId: id, volumeId, status: 'available' } });
        });
        return made;
      }).map(({ id, status, sizeGibibytes }) => ({ id, status, sizeGibibytes })),
    };
  }

  private change(id: string, change: Partial<VolumeFact>): void {
    const volume = this.volumes.get(id);
    if (volume === undefined) return;
    Object.assign(volume, change, { revision: volume.revision + 1 });
    this.events.push({ contract: volumeChanged, body: { volumeId: id, revision: volume.revision, volume: structuredClone(volume) } });
  }

  private tell(attachment: Attachment): void {
    const { id, volumeId, serverId, generation } = attachment;
    this.events.push({ contract: attachmentChanged, body: { attachmentId: id, volumeId, serverId, generation, attachment: structuredClone(attachment) } });
  }

  private attachmentsOf(volumeId: string): Attachment[] {
    return [...this.attachments.values()].filter((attachment) => attachment.volumeId === volumeId);
  }

  private require(id: string, { projectId, isAdmin }: { projectId: string; isAdmin: boolean }): VolumeFact {
    const volume = this.volumes.get(id);
    if (volume === undefined || (volume.projectId !== projectId && !isAdmin)) throw new NotFound('block-storage.volume.unknown', `Volume ${id} could not be found.`);
    return volume;
  }

  private requireAttachment(id: string): Attachment {
    const attachment = this.attachments.get(id);
    if (attachment === undefined) throw new NotFound('block-storage.attachment.unknown', `Volume attachment ${id} could not be found.`);
    return attachment;
  }
}

/** What a service that answers for block storage on a real bus has to answer. */
export const STORAGE_CALLS: readonly CallContract[] = [
  describeVolumes, describeSnapshot, ensureVolumeFor, releaseVolumes, reserveAttachment, connectAttachments, completeAttachments, beginDetach, releaseAttachments,
  listAttachedServers, ensureSnapshotsTogether, reimageAttachedVolume,
];
