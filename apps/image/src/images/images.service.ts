import { Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule, QueryOf } from '@virga/contract';
import { CONTAINER_FORMATS, DISK_FORMATS, images, rules } from '@virga/contracts-image';
import { pageRequest } from '@virga/http';
import { newId, NotFound, type Caller, type PageRequest } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy, type Target } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { Blobs } from '../blobs/index.js';
import { ImageNotFound, ImageProtected, ImageState, ownProperties, PropertyReserved, READ_ONLY, type Image, type ImageDescription, type ImageId, type Visibility } from './image.js';
import type { ImageFilters } from './image-filters.js';
import { patched, type PatchStep } from './image-patch.js';
import { ImagesRepository, SORTABLE, type FoundImage } from './images.repository.js';
import { TicketedImages } from './ticketed-images.js';

const PAGE = { maxLimit: 1000, sortable: SORTABLE, defaultSort: [{ key: 'created_at', direction: 'desc' as const }], defaultDirection: 'desc' as const };
const DEFAULT_LIMIT = 25;
const FORMATS = { disk: DISK_FORMATS, container: CONTAINER_FORMATS };

/** What rules are asked about: the image, and its sharing with the caller's project. */
export function targetOf(image: Image, caller: Caller, isMember: boolean): Target {
  return { project_id: image.ownerId, owner: image.ownerId, visibility: image.visibility === 'shared' && !isMember ? 'private' : image.visibility, member_id: isMember ? caller.projectId : undefined };
}

@Injectable()
export class ImagesService {
  constructor(
    private readonly db: Database,
    private readonly images: ImagesRepository,
    private readonly policy: Policy,
    private readonly quotas: Quotas,
    private readonly blobs: Blobs,
    private readonly ticketed: TicketedImages,
  ) {}

  async create(caller: Caller, body: BodyOf<typeof images.createImage>): Promise<Image> {
    const { id, ...description } = body;
    const wanted = descriptionOf(caller, description);
    this.policy.require(caller, images.createImage.policy, { project_id: caller.projectId, owner: wanted.ownerId });
    this.requireMayShow(caller, wanted, { project_id: wanted.ownerId });
    return this.db.transaction(async (tx) => {
      await this.quotas.charge(tx, { project: wanted.ownerId ?? '' }, images.createImage.charges);
      return this.images.insert(tx, { id: (id ?? newId()) as ImageId, ...wanted });
    });
  }

  async list(caller: Caller, query: QueryOf<typeof images.listImages>): Promise<{ found: Image[]; page: PageRequest }> {
    this.policy.require(caller, images.listImages.policy, { project_id: caller.projectId });
    const page = { ...pageRequest(query, PAGE), ...(query.limit === undefined && { limit: DEFAULT_LIMIT }) };
    if (page.marker !== undefined) await this.get(caller, page.marker);
    const viewer = { projectId: caller.projectId, seesEverything: this.policy.allows(caller, rules.contextIsAdmin) };
    return { found: await this.images.page(this.db, viewer, query as ImageFilters, page), page };
  }

  /** As `get`, also for a host that has a ticket to upload the image's bytes: it asks what became of them. */
  async show(caller: Caller, id: string): Promise<Image> {
    return this.policy.allows(caller, rules.uploadByTicket) ? this.ticketed.require(caller.token, 'write', id) : this.get(caller, id);
  }

  /** The image if the caller may see it; `NotFound` for everything else. */
  async get(caller: Caller, id: string): Promise<Image> {
    return (await this.visible(caller, id)).image;
  }

  /** The same, with what rules are asked about. */
  async visible(caller: Caller, id: string): Promise<{ image: Image; target: Target }> {
    return this.requireVisible(caller, id, await this.images.find(this.db, id, caller.projectId));
  }

  async update(caller: Caller, id: string, steps: readonly PatchStep[]): Promise<Image> {
    return this.change(caller, id, (image, target) => {
      const next = patched(image, steps, FORMATS);
      if (next.visibility !== image.visibility) this.requireMayShow(caller, next, target);
      if (next.ownerId !== image.ownerId) this.policy.require(caller, rules.contextIsAdmin, target);
      if (image.status !== 'queued' && (next.diskFormat !== image.diskFormat || next.containerFormat !== image.containerFormat)) {
        throw new PropertyReserved(next.diskFormat === image.diskFormat ? 'container_format' : 'disk_format');
      }
      return next;
    });
  }

  async addTag(caller: Caller, id: string, tag: string): Promise<void> {
    await this.change(caller, id, (image) => ({ ...image, tags: [...new Set([...image.tags, tag])] }));
  }

  async removeTag(caller: Caller, id: string, tag: string): Promise<void> {
    await this.change(caller, id, (image) => {
      if (!image.tags.includes(tag)) throw new NotFound('image.tag.not-found', `Image ${id} has no tag '${tag.slice(0, 80)}'.`);
      return { ...image, tags: image.tags.filter((existing) => existing !== tag) };
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.locked(caller, id, rules.deleteImageRule, async (tx, image) => {
      if (image.isProtected) throw new ImageProtected(id);
      await this.images.become(tx, image, 'deleted');
      if (image.bytes !== undefined) await this.blobs.discard(tx, image.bytes.location);
    });
  }

  async deactivate(caller: Caller, id: string): Promise<void> {
    await this.switchTo(caller, id, rules.deactivateRule, 'deactivated');
  }

  async reactivate(caller: Caller, id: string): Promise<void> {
    await this.switchTo(caller, id, rules.reactivateRule, 'active');
  }

  private async switchTo(caller: Caller, id: string, rule: PolicyRule, next: 'active' | 'deactivated'): Promise<void> {
    await this.locked(caller, id, rule, async (tx, image) => {
      if (image.status === next) return;
      if (image.bytes === undefined) throw new ImageState(id, image.status, 'active or deactivated');
      await this.images.become(tx, image, next);
    });
  }

  private change(caller: Caller, id: string, decide: (image: Image, target: Target) => ImageDescription): Promise<Image> {
    return this.locked(caller, id, rules.modifyImage, (tx, image, target) => this.images.describe(tx, image, decide(image, target)));
  }

  /** Decides and writes while nobody else can change the image. */
  private locked<T>(caller: Caller, id: string, rule: PolicyRule, work: (tx: Tx, image: Image, target: Target) => Promise<T>): Promise<T> {
    return this.db.transaction(async (tx) => {
      const { image, target } = this.requireVisible(caller, id, await this.images.findLocked(tx, id, caller.projectId));
      this.policy.require(caller, rule, target);
      return work(tx, image, target);
    });
  }

  // The rule is asked even where there is nothing: both answers look the same, and a rule was consulted.
  private requireVisible(caller: Caller, id: string, found: FoundImage | undefined): { image: Image; target: Target } {
    const target = found === undefined ? {} : targetOf(found.image, caller, found.isMember);
    this.policy.require(caller, rules.getImageRule, target, () => new ImageNotFound(id));
    if (found === undefined) throw new ImageNotFound(id);
    return { image: found.image, target };
  }

  private requireMayShow(caller: Caller, { visibility }: ImageDescription, target: Target): void {
    if (visibility === 'public') this.policy.require(caller, rules.publicizeImage, target);
    if (visibility === 'community') this.policy.require(caller, rules.communitizeImage, target);
  }
}

function descriptionOf(caller: Caller, body: Omit<BodyOf<typeof images.createImage>, 'id'>): ImageDescription {
  const {
    name, disk_format: diskFormat, container_format: containerFormat, visibility, protected: isProtected, os_hidden: isHidden,
    min_disk: minDisk, min_ram: minRam, tags, owner, ...properties
  } = body;
  const forbidden = Object.keys(properties).find((property) => READ_ONLY.has(property));
  if (forbidden !== undefined) throw new PropertyReserved(forbidden);
  return {
    ...withoutUndefined({ name, diskFormat, containerFormat, visibility, isProtected, isHidden, minDisk, minRam }, DEFAULTS),
    tags: [...new Set(tags ?? [])], ownerId: owner ?? caller.projectId ?? null, properties: ownProperties(properties),
  };
}

const DEFAULTS = {
  name: null as string | null, diskFormat: null as string | null, containerFormat: null as string | null, visibility: 'shared' as Visibility,
  isProtected: false, isHidden: false, minDisk: 0, minRam: 0,
};

function withoutUndefined(given: { [Key in keyof typeof DEFAULTS]: (typeof DEFAULTS)[Key] | undefined }, defaults: typeof DEFAULTS): typeof DEFAULTS {
  return { ...defaults, ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<typeof DEFAULTS>) };
}
