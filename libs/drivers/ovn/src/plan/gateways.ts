import { createHash } from 'node:crypto';
import { MARK, ownerOf } from '../compile/marks.js';
import { localnetUuid } from '../compile/names.js';
import { gatewayChassisRows, type GatewayChassis } from '../compile/routers.js';
import type { SbReplica } from '../southbound.js';
import type { NorthboundView } from './northbound-view.js';
import { Plan } from './plan.js';

/**
 * How many hosts stand by for one gateway port. Each watches the others with BFD. Too low: a gateway is lost with few hosts;
 * too high: BFD sessions between all of them.
 */
const MOST_CHASSIS = 5;
const FIRST_PRIORITY = 1_000;

/**
 * Which hosts serve a gateway port, given those that do now and those that could. Pure.
 *
 * Who serves already keeps its priority: moving a gateway cuts its connections, so hosts that join only stand by. A host that is
 * away keeps its place while there is room (a restart of its ovn-controller looks like that). The first choice is spread over
 * the hosts by a hash of port and host, so that all processes choose alike without talking.
 */
export function assignGateways(port: string, current: readonly GatewayChassis[], candidates: ReadonlySet<string>, present: ReadonlySet<string>): GatewayChassis[] {
  const usable = current.filter(({ chassis }) => candidates.has(chassis));
  const away = current.filter(({ chassis }) => !present.has(chassis));
  const listed = new Set(current.map(({ chassis }) => chassis));
  const joining = spread(port, [...candidates].filter((chassis) => !listed.has(chassis))).slice(0, Math.max(0, MOST_CHASSIS - usable.length));
  const kept = [...usable, ...away.slice(0, Math.max(0, MOST_CHASSIS - usable.length - joining.length))]
    .sort((a, b) => b.priority - a.priority);
  const lowest = kept.at(-1)?.priority ?? FIRST_PRIORITY + 1;
  if (lowest <= joining.length) return [...kept.map(({ chassis }) => chassis), ...joining].map((chassis, at) => ({ chassis, priority: FIRST_PRIORITY - at }));
  return [...kept, ...joining.map((chassis, at) => ({ chassis, priority: lowest - 1 - at }))];
}

function spread(port: string, chassis: string[]): string[] {
  const weight = (name: string): string => createHash('sha256').update(`${port}\0${name}`).digest('hex');
  return chassis.map((name) => ({ name, weight: weight(name) })).sort((a, b) => (a.weight < b.weight ? -1 : 1)).map(({ name }) => name);
}

/** Chooses hosts for gateway ports from what both databases say. */
export class GatewayChooser {
  constructor(private readonly northbound: NorthboundView, private readonly southbound: SbReplica, private readonly isKnown: () => boolean) {}

  /** The hosts that are to serve a router port on a network; `physicalNetwork` where the network is not in the database yet. */
  choose(routerPort: string, networkId: string, physicalNetwork?: string): readonly GatewayChassis[] {
    const current = this.current(routerPort);
    // Without the southbound database nobody knows who is there: what is stays.
    if (!this.isKnown()) return current;
    const physical = physicalNetwork ?? this.physicalNetwork(networkId);
    const present = new Set([...this.southbound.table('Chassis').values()].map(({ name }) => name));
    return assignGateways(routerPort, current, physical === undefined ? present : this.bridgedTo(physical), present);
  }

  /** The physical network that a network in the database is bridged to. */
  physicalNetwork(networkId: string): string | undefined {
    return this.northbound.row('Logical_Switch_Port', localnetUuid(networkId))?.options.get('network_name');
  }

  /** What makes every gateway port's hosts as chosen; done whenever hosts come or go. */
  plan(): Plan {
    const plan = new Plan();
    for (const [uuid, port] of this.northbound.replica.table('Logical_Router_Port')) {
      const networkId = port.external_ids.get(MARK.gatewayOf);
      const router = ownerOf(port.external_ids);
      if (networkId === undefined || router === undefined) continue;
      const rows = gatewayChassisRows(router, { portId: port.name.replace(/^lrp-/, '') }, this.choose(uuid, networkId));
      const wanted = new Set(rows.map((row) => row.uuid));
      const add = rows.filter((row) => !port.gateway_chassis.has(row.uuid));
      const remove = [...port.gateway_chassis].filter((each) => !wanted.has(each));
      if (add.length + remove.length === 0) continue;
      plan.requireRow({ table: 'Logical_Router_Port', uuid }, { gateway_chassis: port.gateway_chassis });
      for (const row of add) plan.insert(row, row.columns);
      plan.changeSet({ table: 'Logical_Router_Port', uuid }, 'gateway_chassis', { add: add.map((row) => row.uuid), remove });
    }
    return plan;
  }

  private current(routerPort: string): GatewayChassis[] {
    const uuids = this.northbound.row('Logical_Router_Port', routerPort)?.gateway_chassis ?? new Set<string>();
    return [...uuids].map((uuid) => this.northbound.row('Gateway_Chassis', uuid)).filter((row) => row !== undefined)
      .map(({ chassis_name: chassis, priority }) => ({ chassis, priority }));
  }

  /** The hosts whose `ovn-bridge-mappings` name the physical network. */
  private bridgedTo(physicalNetwork: string): Set<string> {
    const isBridged = (mappings: string): boolean => mappings.split(',').some((mapping) => mapping.split(':')[0]?.trim() === physicalNetwork);
    return new Set([...this.southbound.table('Chassis').values()]
      .filter(({ other_config: config, external_ids: ids }) => isBridged(config.get('ovn-bridge-mappings') ?? ids.get('ovn-bridge-mappings') ?? ''))
      .map(({ name }) => name));
  }
}
