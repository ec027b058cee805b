import { Controller } from '@nestjs/common';
import { isTrue, type InputOf, type OutputOf } from '@virga/contract';
import { groups as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { GroupAccess } from './group-access.js';
import { GroupMaking } from './group-making.service.js';
import { GroupsService } from './groups.service.js';
import { copyWish, groupChange, groupListing, groupReference, groupView, groupWish, wantsVolumes } from './groups.views.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['group_id'] as string;

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService, private readonly making: GroupMaking, private readonly access: GroupAccess) {}

  @Endpoint(contract.listGroups)
  async list({ caller, query, version, request }: InputOf<typeof contract.listGroups>): Promise<OutputOf<typeof contract.listGroups>> {
    const { groups, isFull } = await this.groups.list(caller, groupListing(query, version, this.groups.isAdmin(caller)));
    return { groups: groups.map(groupReference), ...nextLinks('group_links', request, caller, { isFull, last: groups.at(-1)?.id }) };
  }

  @Endpoint(contract.listGroupDetails)
  async listDetails({ caller, query, version, request }: InputOf<typeof contract.listGroupDetails>): Promise<OutputOf<typeof contract.listGroupDetails>> {
    const { groups, isFull } = await this.groups.list(caller, groupListing(query, version, this.groups.isAdmin(caller)));
    const volumes = wantsVolumes(query) ? await this.groups.volumesIn(groups) : undefined;
    const showsProject = this.access.showsProject(caller);
    return {
      groups: groups.map((group) => groupView(group, { volumes: volumes && (volumes.get(group.id) ?? []), showsProject })),
      ...nextLinks('group_links', request, caller, { isFull, last: groups.at(-1)?.id }),
    };
  }

  @Endpoint(contract.showGroup)
  async show(input: InputOf<typeof contract.showGroup>): Promise<OutputOf<typeof contract.showGroup>> {
    const group = await this.groups.get(input.caller, idOf(input));
    const volumes = wantsVolumes(input.query) ? (await this.groups.volumesIn([group])).get(group.id) ?? [] : undefined;
    return { group: groupView(group, { volumes, showsProject: this.access.showsProject(input.caller) }) };
  }

  @Endpoint(contract.createGroup)
  async create({ caller, body }: InputOf<typeof contract.createGroup>): Promise<OutputOf<typeof contract.createGroup>> {
    return { group: groupReference(await this.making.create(caller, groupWish(body))) };
  }

  @Endpoint(contract.createGroupFromSource)
  async createFromSource({ caller, body, request }: InputOf<typeof contract.createGroupFromSource>): Promise<OutputOf<typeof contract.createGroupFromSource>> {
    return { group: groupReference(await this.making.copy(caller, copyWish(body), request.signal)) };
  }

  @Endpoint(contract.updateGroup)
  async update(input: InputOf<typeof contract.updateGroup>): Promise<OutputOf<typeof contract.updateGroup>> {
    await this.groups.update(input.caller, idOf(input), groupChange(input.body));
  }

  @Endpoint(contract.deleteGroup)
  async delete(input: InputOf<typeof contract.deleteGroup>): Promise<OutputOf<typeof contract.deleteGroup>> {
    await this.groups.delete(input.caller, idOf(input), { withVolumes: isTrue(input.body.delete['delete-volumes']) === true });
  }

  @Endpoint(contract.resetGroupStatus)
  async resetStatus(input: InputOf<typeof contract.resetGroupStatus>): Promise<OutputOf<typeof contract.resetGroupStatus>> {
    await this.groups.resetStatus(input.caller, idOf(input), input.body.reset_status.status);
  }

  @Endpoint(contract.enableGroupReplication)
  async enableReplication(input: InputOf<typeof contract.enableGroupReplication>): Promise<OutputOf<typeof contract.enableGroupReplication>> {
    await this.groups.replicate(input.caller, contract.enableGroupReplication.policy, idOf(input));
  }

  @Endpoint(contract.disableGroupReplication)
  async disableReplication(input: InputOf<typeof contract.disableGroupReplication>): Promise<OutputOf<typeof contract.disableGroupReplication>> {
    await this.groups.replicate(input.caller, contract.disableGroupReplication.policy, idOf(input));
  }

  @Endpoint(contract.failOverGroupReplication)
  async failOver(input: InputOf<typeof contract.failOverGroupReplication>): Promise<OutputOf<typeof contract.failOverGroupReplication>> {
    await this.groups.replicate(input.caller, contract.failOverGroupReplication.policy, idOf(input));
  }

  @Endpoint(contract.listGroupReplicationTargets)
  async listTargets(input: InputOf<typeof contract.listGroupReplicationTargets>): Promise<OutputOf<typeof contract.listGroupReplicationTargets>> {
    await this.groups.replicate(input.caller, contract.listGroupReplicationTargets.policy, idOf(input));
  }
}
