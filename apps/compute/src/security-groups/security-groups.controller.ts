import { Controller } from '@nestjs/common';
import { isTrue, type InputOf } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { groupView, ruleView, type GroupView } from './security-group.js';
import { SecurityGroupsService, type Groups } from './security-groups.service.js';
import { ServerSecurityGroupsService } from './server-security-groups.service.js';

const groupId = (params: Readonly<Record<string, string>>): string => params['security_group_id'] as string;
const serverId = (params: Readonly<Record<string, string>>): string => params['server_id'] as string;

@Controller()
export class SecurityGroupsController {
  constructor(private readonly groups: SecurityGroupsService, private readonly servers: ServerSecurityGroupsService) {}

  @Endpoint(proxies.listSecurityGroups)
  async list(input: InputOf<typeof proxies.listSecurityGroups>) {
    const { limit, offset = 0, all_tenants: allTenants } = input.query;
    return { security_groups: views(await this.groups.list(input, { ofAllProjects: allTenants !== undefined && isTrue(allTenants) !== false })).slice(offset, limit === undefined ? undefined : offset + limit) };
  }

  @Endpoint(proxies.showSecurityGroup)
  async show(input: InputOf<typeof proxies.showSecurityGroup>) {
    return { security_group: only(await this.groups.show(input, groupId(input.params))) };
  }

  @Endpoint(proxies.createSecurityGroup)
  async create(input: InputOf<typeof proxies.createSecurityGroup>) {
    return { security_group: only(await this.groups.create(input, input.body.security_group)) };
  }

  @Endpoint(proxies.updateSecurityGroup)
  async update(input: InputOf<typeof proxies.updateSecurityGroup>) {
    return { security_group: only(await this.groups.update(input, groupId(input.params), input.body.security_group)) };
  }

  @Endpoint(proxies.deleteSecurityGroup)
  async delete(input: InputOf<typeof proxies.deleteSecurityGroup>) {
    await this.groups.delete(input, groupId(input.params));
  }

  @Endpoint(proxies.createSecurityGroupRule)
  async createRule(input: InputOf<typeof proxies.createSecurityGroupRule>) {
    const { rule, sources } = await this.groups.createRule(input, input.body.security_group_rule);
    return { security_group_rule: ruleView(rule, sources) };
  }

  @Endpoint(proxies.deleteSecurityGroupRule)
  async deleteRule(input: InputOf<typeof proxies.deleteSecurityGroupRule>) {
    await this.groups.deleteRule(input, input.params['rule_id'] as string);
  }

  @Endpoint(proxies.listServerSecurityGroups)
  async ofServer(input: InputOf<typeof proxies.listServerSecurityGroups>) {
    return { security_groups: views(await this.servers.list(input, serverId(input.params))) };
  }

  @Endpoint(proxies.addSecurityGroup)
  async add(input: InputOf<typeof proxies.addSecurityGroup>) {
    await this.servers.add(input, serverId(input.params), input.body.addSecurityGroup.name);
  }

  @Endpoint(proxies.removeSecurityGroup)
  async remove(input: InputOf<typeof proxies.removeSecurityGroup>) {
    await this.servers.remove(input, serverId(input.params), input.body.removeSecurityGroup.name);
  }
}

/** By project, then by name. */
function views({ groups, sources }: Groups): GroupView[] {
  const key = ({ tenant_id: project, name }: GroupView): string => `${project}\n${name}`;
  return groups.map((group) => groupView(group, sources)).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function only(groups: Groups): GroupView {
  return views(groups)[0] as GroupView;
}
