import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { createServerGroup, deleteServerGroup, listServerGroups, showServerGroup } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerGroupsService } from './server-groups.service.js';
import { groupListing, groupView, groupWish } from './server-groups.views.js';

@Controller()
export class ServerGroupsController {
  constructor(private readonly groups: ServerGroupsService) {}

  @Endpoint(listServerGroups)
  async list({ caller, query }: InputOf<typeof listServerGroups>): Promise<OutputOf<typeof listServerGroups>> {
    return { server_groups: (await this.groups.list(caller, groupListing(query))).map(groupView) };
  }

  @Endpoint(createServerGroup)
  async create({ caller, body }: InputOf<typeof createServerGroup>): Promise<OutputOf<typeof createServerGroup>> {
    return { server_group: groupView(await this.groups.create(caller, groupWish(body))) };
  }

  @Endpoint(showServerGroup)
  async show({ caller, params }: InputOf<typeof showServerGroup>): Promise<OutputOf<typeof showServerGroup>> {
    return { server_group: groupView(await this.groups.get(caller, params['group_id'] as string)) };
  }

  @Endpoint(deleteServerGroup)
  async delete({ caller, params }: InputOf<typeof deleteServerGroup>): Promise<OutputOf<typeof deleteServerGroup>> {
    await this.groups.delete(caller, params['group_id'] as string);
  }
}
