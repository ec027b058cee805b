import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Invalid } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { NETWORK_PEER, wrongRequest, type OnBehalf, type Peer } from '../peers/index.js';
import { networkRule, sourcesOf, type NetworkGroup, type NetworkRule } from './security-group.js';

export interface Groups {
  groups: NetworkGroup[];
  /** The groups that rules name as their source, and these. */
  sources: ReadonlyMap<string, NetworkGroup>;
}

type GroupBody = BodyOf<typeof proxies.createSecurityGroup>['security_group'];

/** Security groups as Nova's clients of before 2.36 see them. */
@Injectable()
export class SecurityGroupsService {
  constructor(@Inject(NETWORK_PEER) private readonly network: Peer, private readonly policy: Policy) {}

  /** The project's, or all that the network service lets the caller see. */
  async list(by: OnBehalf, { ofAllProjects }: { ofAllProjects: boolean }): Promise<Groups> {
    this.require(by, proxies.listSecurityGroups.policy);
    return this.withSources(by, await this.find(by, { project_id: ofAllProjects ? undefined : by.caller.projectId }));
  }

  async show(by: OnBehalf, id: string): Promise<Groups> {
    this.require(by, proxies.showSecurityGroup.policy);
    return this.withSources(by, [await this.get(by, id)]);
  }

  async create(by: OnBehalf, body: GroupBody): Promise<Groups> {
    this.require(by, proxies.createSecurityGroup.policy);
    const made = await this.network.post(by, '/v2.0/security-groups', { security_group: describedBy(body) });
    return this.withSources(by, [made['security_group'] as NetworkGroup]);
  }

  async update(by: OnBehalf, id: string, body: GroupBody): Promise<Groups> {
    this.require(by, proxies.updateSecurityGroup.policy);
    const changed = await this.network.put(by, `/v2.0/security-groups/${encodeURIComponent(id)}`, { security_group: describedBy(body) });
    return this.withSources(by, [changed['security_group'] as NetworkGroup]);
  }

  async delete(by: OnBehalf, id: string): Promise<void> {
    this.require(by, proxies.deleteSecurityGroup.policy);
    await this.network.delete(by, `/v2.0/security-groups/${encodeURIComponent(id)}`).catch(wrongRequest);
  }

  async createRule(by: OnBehalf, body: BodyOf<typeof proxies.createSecurityGroupRule>['security_group_rule']): Promise<{ rule: NetworkRule; sources: Groups['sources'] }> {
    this.require(by, proxies.createSecurityGroupRule.policy);
    await this.get(by, body.parent_group_id);
    const sources = typeof body.group_id === 'string' ? [await this.get(by, body.group_id)] : [];
    const made = await this.network.post(by, '/v2.0/security-group-rules', { security_group_rule: networkRule(body) }).catch(wrongRequest);
    return { rule: made['security_group_rule'] as NetworkRule, sources: byId(sources) };
  }

  async deleteRule(by: OnBehalf, id: string): Promise<void> {
    this.require(by, proxies.deleteSecurityGroupRule.policy);
    await this.network.delete(by, `/v2.0/security-group-rules/${encodeURIComponent(id)}`);
  }

  async find(by: OnBehalf, query: Record<string, string | readonly string[] | undefined>): Promise<NetworkGroup[]> {
    return (await this.network.get(by, '/v2.0/security-groups', query))['security_groups'] as NetworkGroup[];
  }

  async withSources(by: OnBehalf, groups: NetworkGroup[]): Promise<Groups> {
    const known = new Set(groups.map(({ id }) => id));
    const missing = sourcesOf(groups).filter((id) => !known.has(id));
    const others = missing.length === 0 ? [] : await this.find(by, { id: missing });
    return { groups, sources: byId([...groups, ...others]) };
  }

  private async get(by: OnBehalf, id: string): Promise<NetworkGroup> {
    return (await this.network.get(by, `/v2.0/security-groups/${encodeURIComponent(id)}`))['security_group'] as NetworkGroup;
  }

  private require({ caller }: OnBehalf, rule: PolicyRule): void {
    this.policy.require(caller, rule, { project_id: caller.projectId });
  }
}

function describedBy({ name, description }: GroupBody): { name: string; description: string } {
  if (name.trim() === '') throw new Invalid('compute.security-group.name', 'Security group name cannot be empty');
  return { name, description };
}

function byId(groups: readonly NetworkGroup[]): Map<string, NetworkGroup> {
  return new Map(groups.map((group) => [group.id, group]));
}
