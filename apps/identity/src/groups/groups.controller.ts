import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { userList } from '../users/index.js';
import { GroupsService } from './groups.service.js';
import { groupList, groupView } from './groups.views.js';

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Endpoint(api.createGroup)
  async create({ caller, body, request }: InputOf<typeof api.createGroup>) {
    return { group: groupView(await this.groups.create(caller, body.group), request) };
  }

  @Endpoint(api.listGroups)
  async list({ caller, query, request }: InputOf<typeof api.listGroups>) {
    return groupList(await this.groups.list(caller, query), request);
  }

  @Endpoint(api.showGroup)
  async show({ caller, params, request }: InputOf<typeof api.showGroup>) {
    return { group: groupView(await this.groups.get(caller, params['group_id'] as string), request) };
  }

  @Endpoint(api.updateGroup)
  async update({ caller, params, body, request }: InputOf<typeof api.updateGroup>) {
    return { group: groupView(await this.groups.update(caller, params['group_id'] as string, body.group), request) };
  }

  @Endpoint(api.deleteGroup)
  async delete({ caller, params }: InputOf<typeof api.deleteGroup>) {
    await this.groups.delete(caller, params['group_id'] as string);
  }

  @Endpoint(api.listGroupUsers)
  async listUsers({ caller, params, query, request }: InputOf<typeof api.listGroupUsers>) {
    return userList(await this.groups.members(caller, params['group_id'] as string, query), request);
  }

  @Endpoint(api.listUserGroups)
  async listOfUser({ caller, params, query, request }: InputOf<typeof api.listUserGroups>) {
    return groupList(await this.groups.ofUser(caller, params['user_id'] as string, query), request);
  }

  @Endpoint(api.addGroupUser)
  async addUser({ caller, params }: InputOf<typeof api.addGroupUser>) {
    await this.groups.addMember(caller, params['group_id'] as string, params['user_id'] as string);
  }

  @Endpoint(api.checkGroupUser)
  async checkUser({ caller, params }: InputOf<typeof api.checkGroupUser>) {
    await this.groups.requireMember(caller, params['group_id'] as string, params['user_id'] as string);
  }

  @Endpoint(api.removeGroupUser)
  async removeUser({ caller, params }: InputOf<typeof api.removeGroupUser>) {
    await this.groups.removeMember(caller, params['group_id'] as string, params['user_id'] as string);
  }
}
