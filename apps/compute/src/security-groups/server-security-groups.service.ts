import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Conflict, isUuid, NotFound } from '@virga/kernel';
import { NETWORK_PEER, type OnBehalf, type Peer } from '../peers/index.js';
import { ServerAccess } from '../servers/index.js';
import type { NetworkGroup } from './security-group.js';
import { SecurityGroupsService, type Groups } from './security-groups.service.js';

interface NetworkPort {
  id: string;
  security_groups: string[];
}

/** The security groups of a server are those of its ports, which the network service keeps; it tells compute of every change. */
@Injectable()
export class ServerSecurityGroupsService {
  constructor(
    @Inject(NETWORK_PEER) private readonly network: Peer,
    private readonly groups: SecurityGroupsService,
    private readonly servers: ServerAccess,
  ) {}

  async list(by: OnBehalf, id: string): Promise<Groups> {
    const server = await this.servers.require(by.caller, proxies.listServerSecurityGroups.policy, id);
    const ids = [...new Set((await this.ports(by, server.id)).flatMap(({ security_groups: groups }) => groups))];
    return this.groups.withSources(by, ids.length === 0 ? [] : await this.groups.find(by, { id: ids }));
  }

  /** Every interface of the server gets the group; those that have it keep it. */
  async add(by: OnBehalf, id: string, name: string): Promise<void> {
    await this.change(by, proxies.addSecurityGroup.policy, id, name, (port, group) => (port.security_groups.includes(group) ? undefined : [...port.security_groups, group]));
  }

  async remove(by: OnBehalf, id: string, name: string): Promise<void> {
    const changed = await this.change(by, proxies.removeSecurityGroup.policy, id, name, (port, group) =>
      (port.security_groups.includes(group) ? port.security_groups.filter((other) => other !== group) : undefined));
    if (changed === 0) throw new NotFound('network.security-group.unknown', `Security group ${name} not associated with the instance ${id}`);
  }

  private async change(by: OnBehalf, rule: PolicyRule, id: string, name: string, next: (port: NetworkPort, group: string) => string[] | undefined): Promise<number> {
    const server = await this.servers.require(by.caller, rule, id);
    this.servers.requireUnlocked(by.caller, server);
    const group = await this.groupNamed(by, name, server.projectId);
    let changed = 0;
    for (const port of await this.ports(by, server.id)) {
      const groups = next(port, group.id);
      if (groups === undefined) continue;
      await this.network.put(by, `/v2.0/ports/${port.id}`, { port: { security_groups: groups } });
      changed += 1;
    }
    return changed;
  }

  private async ports(by: OnBehalf, server: string): Promise<NetworkPort[]> {
    return (await this.network.get(by, '/v2.0/ports', { device_id: server }))['ports'] as NetworkPort[];
  }

  /** By id or by a name that only one group of the server's project has. */
  private async groupNamed(by: OnBehalf, name: string, project: string): Promise<NetworkGroup> {
    const [byId] = isUuid(name) ? await this.groups.find(by, { id: name }) : [];
    if (byId !== undefined) return byId;
    const found = await this.groups.find(by, { name, project_id: project });
    const [first, second] = found;
    if (first === undefined) throw new NotFound('network.security-group.unknown', `Security group ${name} not found for project ${project}.`);
    if (second !== undefined) throw new Conflict('compute.security-group.ambiguous', `Multiple security groups found matching '${name}'. Use an ID to be more specific.`);
    return first;
  }
}
