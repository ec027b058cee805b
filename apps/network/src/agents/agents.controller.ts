import { createHash } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { agentsPolicy, listAgents, showAgent } from '@virga/contracts-network';
import { CLOCK, NotFound, raise, seconds, ownEntry, type Caller, type Clock } from '@virga/kernel';
import { Endpoint } from '@virga/http';
import type { ChassisState, NetworkBackend } from '@virga/ports';
import { Access } from '../access/index.js';
import { ZONE } from '../availability/index.js';
import { fieldsOf, listRequest, visibleFields } from '../listing/index.js';
import { NETWORK_BACKEND } from '../realization/index.js';

class AgentNotFound extends NotFound {
  constructor(id: string) {
    super('network.agent.not-found', `Agent ${id} could not be found.`);
  }
}

const NOTHING: ReadonlySet<string> = new Set();
/** A host that does not answer makes the backend wait for it; nobody waits for a list longer than this. */
const PATIENCE = seconds(8);

/** OVN's controllers on the hosts, as Neutron's OVN driver shows them. */
@Controller()
export class AgentsController {
  constructor(
    @Inject(NETWORK_BACKEND) private readonly backend: NetworkBackend, private readonly access: Access, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Endpoint(listAgents)
  async list({ caller, query }: InputOf<typeof listAgents>): Promise<OutputOf<typeof listAgents>> {
    const { fields, filters } = listRequest(query);
    const agents = (await this.agents(caller)).filter((agent) => [...filters].every(([name, values]) => matches(agent, name, values)));
    return { agents: agents.map((agent) => visibleFields(agent, fields, NOTHING)) };
  }

  @Endpoint(showAgent)
  async show({ caller, params, query }: InputOf<typeof showAgent>): Promise<OutputOf<typeof showAgent>> {
    const id = params['agent_id'] ?? '';
    const agent = (await this.agents(caller)).find((candidate) => candidate.id === id) ?? raise(new AgentNotFound(id));
    return { agent: visibleFields(agent, fieldsOf(query), NOTHING) };
  }

  private async agents(caller: Caller) {
    // Who may not see agents sees none: Neutron filters lists, and never refuses them.
    if (!this.access.allows(caller, agentsPolicy.get)) return [];
    const chassis = await this.backend.chassis(AbortSignal.timeout(PATIENCE));
    return chassis.map((host) => agentView(host, this.clock.now()));
  }
}

function agentView(host: ChassisState, now: number) {
  const time = new Date(now).toISOString().replace('T', ' ').replace(/\.\d+Z$/, '');
  return {
    id: uuidOf(host.name), agent_type: 'OVN Controller agent', binary: 'ovn-controller', host: host.hostname, topic: 'n/a', availability_zone: ZONE,
    alive: host.isAlive, admin_state_up: true, created_at: time, started_at: time, heartbeat_timestamp: time, description: '', configurations: { chassis_name: host.name },
    resources_synced: null,
  };
}

/** The same chassis has the same id in every process. */
function uuidOf(name: string): string {
  const digits = createHash('sha256').update(`chassis ${name}`).digest('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}

function matches(agent: Record<string, unknown>, name: string, values: readonly string[]): boolean {
  return values.some((value) => String(ownEntry(agent, name)).toLowerCase() === value.toLowerCase());
}
