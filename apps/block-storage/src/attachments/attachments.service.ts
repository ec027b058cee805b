import { Injectable } from '@nestjs/common';
import type { BodyOf, QueryOf, RequestFacts } from '@virga/contract';
import { attachments as contracts } from '@virga/contracts-block-storage';
import { isUuid, mapLimit, newId, raise, type Caller, type ServerId } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { QosSpecsRepository } from '../qos-specs/index.js';
import { VolumeAccess, VolumesRepository, type Volume } from '../volumes/index.js';
import { MarkerUnknown, offsetPage } from '../wire/index.js';
import type { Attachment } from './attachment.js';
import { AttachmentAccess, requireUsersOwn } from './attachment-access.js';
import { AttachmentGone } from './attachment-faults.js';
import { attachmentFilters } from './attachment-filters.js';
import { AttachmentsRepository, SORTABLE } from './attachments.repository.js';
import type { ShownAttachment } from './attachments.views.js';
import type { ConnectionFacts } from './connection-info.js';
import { readConnector } from './connector.js';
import { UsersConnections } from './users-connections.js';

type Waiting = Pick<RequestFacts, 'signal'>;

/** The rows that the use cases read. */
@Injectable()
export class AttachmentRows {
  constructor(readonly attachments: AttachmentsRepository, readonly volumes: VolumesRepository, private readonly qos: QosSpecsRepository) {}

  /** What volumes of a type are limited to by whoever uses them. */
  async qosSpecs(db: Reader, typeId: string): Promise<ConnectionFacts['qosSpecs']> {
    const qos = await this.qos.ofType(db, typeId);
    return qos === undefined || qos.consumer === 'back-end' ? null : qos.specs;
  }
}

/** Attachments as users make and see them. Those of servers are compute's: users see them, and that is all. */
@Injectable()
export class AttachmentsService {
  constructor(
    private readonly db: Database,
    private readonly rows: AttachmentRows,
    private readonly access: AttachmentAccess,
    private readonly volumeAccess: VolumeAccess,
    private readonly connections: UsersConnections,
    private readonly policy: Policy,
  ) {}

  async create(caller: Caller, { attachment: wish }: BodyOf<typeof contracts.createAttachment>, { signal }: Waiting): Promise<ShownAttachment> {
    const volume = await this.volumeAccess.require(caller, contracts.createAttachment.policy, wish.volume_uuid);
    if (volume.isMultiattach && volume.isBootable && volume.status === 'in-use') this.policy.require(caller, contracts.multiattachBootableRule, { project_id: volume.projectId });
    const connector = Object.keys(wish.connector ?? {}).length === 0 ? undefined : readConnector(wish.connector ?? {});
    const serverId = (wish.instance_uuid?.toLowerCase() ?? null) as ServerId | null;
    const reservation = { id: newId<'attachment'>(), volumeId: volume.id, serverId, mode: wish.mode };
    return this.shown(caller, await this.connections.create(caller, reservation, connector, signal));
  }

  async list(caller: Caller, query: QueryOf<typeof contracts.listAttachments>): Promise<ShownAttachment[]> {
    this.policy.require(caller, contracts.listAttachments.policy, { project_id: caller.projectId });
    const filters = attachmentFilters(query, { projectId: caller.projectId, isAdmin: this.access.isAdmin(caller) });
    const page = offsetPage(query, { sortable: SORTABLE, defaultSort: [{ key: 'created_at', direction: 'desc' }] });
    if (filters === 'nothing') return [];
    if (page.marker !== undefined) await this.requireMarker(page.marker);
    return this.shownAll(caller, await this.rows.attachments.page(this.db, filters, page));
  }

  async get(caller: Caller, id: string): Promise<ShownAttachment> {
    return this.shown(caller, await this.access.require(caller, contracts.showAttachment.policy, id));
  }

  async update(caller: Caller, id: string, { attachment: wish }: BodyOf<typeof contracts.updateAttachment>, { signal }: Waiting): Promise<ShownAttachment> {
    const attachment = await this.access.require(caller, contracts.updateAttachment.policy, id);
    requireUsersOwn(attachment);
    return this.shown(caller, await this.connections.connect(caller, attachment.id, readConnector(wish.connector), signal));
  }

  /** Answers the attachments that the volume still has: this one too where its storage host has not proven yet that it is gone. */
  async delete(caller: Caller, id: string, { signal }: Waiting): Promise<Attachment[]> {
    const attachment = await this.access.require(caller, contracts.deleteAttachment.policy, id);
    requireUsersOwn(attachment, 'detach');
    await this.connections.release(caller, attachment.id, signal);
    return this.rows.attachments.ofVolume(this.db, attachment.volumeId);
  }

  async complete(caller: Caller, id: string): Promise<void> {
    const attachment = await this.access.require(caller, contracts.completeAttachment.policy, id);
    requireUsersOwn(attachment);
    await this.connections.complete(attachment.id);
  }

  private async requireMarker(marker: string): Promise<void> {
    const found = isUuid(marker) ? await this.rows.attachments.find(this.db, marker) : undefined;
    if (found === undefined || found.state === 'deleted') throw new MarkerUnknown(marker);
  }

  private async shown(caller: Caller, attachment: Attachment): Promise<ShownAttachment> {
    const [one] = await this.shownAll(caller, [attachment]);
    return one ?? raise(new AttachmentGone(attachment.id));
  }

  private async shownAll(caller: Caller, found: readonly Attachment[]): Promise<ShownAttachment[]> {
    const volumes = new Map((await this.rows.volumes.byIds(this.db, found.map(({ volumeId }) => volumeId))).map((volume) => [volume.id, volume]));
    const types = [...new Set([...volumes.values()].map(({ typeId }) => typeId))];
    const specs = new Map(await mapLimit(types, 4, async (typeId) => [typeId, await this.rows.qosSpecs(this.db, typeId)] as const));
    const isAdmin = this.access.isAdmin(caller);
    return found.map((attachment) => {
      const volume = volumes.get(attachment.volumeId);
      return { attachment, facts: factsFor(volume, specs.get(volume?.typeId ?? '') ?? null, isAdmin || attachment.owner === 'user') };
    });
  }
}

function factsFor(volume: Volume | undefined, qosSpecs: ConnectionFacts['qosSpecs'], mayLocate: boolean): ConnectionFacts {
  return { isEncrypted: (volume?.keyId ?? null) !== null, qosSpecs, mayLocate };
}
