import { Injectable } from '@nestjs/common';
import { rules } from '@virga/contracts-image';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ImagesService, type Image } from '../images/index.js';
import { MemberNotFound, NotShared, type Member, type MemberStatus } from './member.js';
import { MembersRepository } from './members.repository.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly db: Database,
    private readonly members: MembersRepository,
    private readonly images: ImagesService,
    private readonly policy: Policy,
  ) {}

  async create(caller: Caller, imageId: string, memberId: string): Promise<Member> {
    const { image, target } = await this.images.visible(caller, imageId);
    this.policy.require(caller, rules.addMember, target);
    requireShared(image);
    return this.db.transaction((tx) => this.members.insert(tx, image.id, memberId));
  }

  /** Owners see all members; a member sees itself. */
  async list(caller: Caller, imageId: string): Promise<Member[]> {
    const { image, target } = await this.images.visible(caller, imageId);
    this.policy.require(caller, rules.getMembersRule, target);
    requireShared(image);
    const all = await this.members.list(this.db, image.id);
    return all.filter(({ memberId }) => this.sees(caller, image, memberId));
  }

  async get(caller: Caller, imageId: string, memberId: string): Promise<Member> {
    const { image, target } = await this.images.visible(caller, imageId);
    this.policy.require(caller, rules.getMemberRule, target);
    const member = this.sees(caller, image, memberId) ? await this.members.find(this.db, image.id, memberId) : undefined;
    if (member === undefined) throw new MemberNotFound(imageId, memberId);
    return member;
  }

  /** A member decides for itself; its owner cannot accept on its behalf. */
  async decide(caller: Caller, imageId: string, memberId: string, status: MemberStatus): Promise<Member> {
    const { image } = await this.images.visible(caller, imageId);
    this.policy.require(caller, rules.modifyMember, { member_id: memberId });
    const member = await this.db.transaction((tx) => this.members.become(tx, image.id, memberId, status));
    if (member === undefined) throw new MemberNotFound(imageId, memberId);
    return member;
  }

  async remove(caller: Caller, imageId: string, memberId: string): Promise<void> {
    const { image, target } = await this.images.visible(caller, imageId);
    this.policy.require(caller, rules.deleteMemberRule, target);
    requireShared(image);
    const isRemoved = await this.db.transaction((tx) => this.members.remove(tx, image.id, memberId));
    if (!isRemoved) throw new MemberNotFound(imageId, memberId);
  }

  private sees(caller: Caller, image: Image, memberId: string): boolean {
    return memberId === caller.projectId || image.ownerId === caller.projectId || this.policy.allows(caller, rules.contextIsAdmin);
  }
}

function requireShared(image: Image): void {
  if (image.visibility !== 'shared') throw new NotShared();
}
