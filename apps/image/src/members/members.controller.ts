import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { images } from '@virga/contracts-image';
import { Endpoint } from '@virga/http';
import { wireTime } from '../images/index.js';
import type { Member } from './member.js';
import { MembersService } from './members.service.js';

@Controller()
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Endpoint(images.createMember)
  async create({ caller, params, body }: InputOf<typeof images.createMember>) {
    return memberView(await this.members.create(caller, params['image_id'] as string, body.member));
  }

  @Endpoint(images.listMembers)
  async list({ caller, params }: InputOf<typeof images.listMembers>) {
    return { members: (await this.members.list(caller, params['image_id'] as string)).map(memberView), schema: '/v2/schemas/members' };
  }

  @Endpoint(images.showMember)
  async show({ caller, params }: InputOf<typeof images.showMember>) {
    return memberView(await this.members.get(caller, params['image_id'] as string, params['member_id'] as string));
  }

  @Endpoint(images.updateMember)
  async update({ caller, params, body }: InputOf<typeof images.updateMember>) {
    return memberView(await this.members.decide(caller, params['image_id'] as string, params['member_id'] as string, body.status));
  }

  @Endpoint(images.deleteMember)
  async remove({ caller, params }: InputOf<typeof images.deleteMember>) {
    await this.members.remove(caller, params['image_id'] as string, params['member_id'] as string);
  }
}

function memberView(member: Member) {
  return {
    member_id: member.memberId, image_id: member.imageId, status: member.status, created_at: wireTime(member.createdAt), updated_at: wireTime(member.updatedAt),
    schema: '/v2/schemas/member',
  };
}
