import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { Policy } from '@virga/policy';
import { NETWORK_PEER, type OnBehalf, type Peer } from '../peers/index.js';

export interface Network {
  id: string;
  name: string;
}

@Injectable()
export class ProjectNetworksService {
  constructor(@Inject(NETWORK_PEER) private readonly network: Peer, private readonly policy: Policy) {}

  async list(by: OnBehalf, rule: PolicyRule): Promise<Network[]> {
    this.policy.require(by.caller, rule, { project_id: by.caller.projectId });
    return (await this.network.get(by, '/v2.0/networks'))['networks'] as Network[];
  }

  async show(by: OnBehalf, rule: PolicyRule, id: string): Promise<Network> {
    this.policy.require(by.caller, rule, { project_id: by.caller.projectId });
    return (await this.network.get(by, `/v2.0/networks/${encodeURIComponent(id)}`))['network'] as Network;
  }
}
