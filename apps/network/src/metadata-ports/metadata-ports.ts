import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, newId, type Clock } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { AddressesRepository, newMac } from '../addresses/index.js';
import { RealizationRepository, units } from '../realization/index.js';
import type { LogicalRef } from '@virga/ports';

interface SubnetState {
  subnet_id: string;
  first_ip: string | null;
  is_served: boolean;
  ip: string | null;
}

/**
 * Every network on which a subnet serves DHCP over IPv4 has a port through which its guests reach the metadata service: one
 * port of owner `network:distributed`, with an address in each such subnet (the first of its pools, where that is free).
 *
 * `follow` makes it so from what is there, whatever changed; the caller holds the network's row, so that it runs once at
 * a time for each network.
 */
@Injectable()
export class MetadataPorts {
  constructor(
    private readonly addresses: AddressesRepository, private readonly realizations: RealizationRepository, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Answers the units that changed. A subnet that has no address left is without metadata service. */
  async follow(tx: Tx, networkId: string): Promise<LogicalRef[]> {
    const states = await this.states(tx, networkId);
    const missing = states.filter((state) => state.is_served && state.ip === null);
    const surplus = states.filter((state) => !state.is_served && state.ip !== null);
    if (missing.length + surplus.length === 0) return [];
    const portId = await this.ensurePort(tx, networkId);
    for (const { subnet_id: subnetId, ip } of surplus) await this.addresses.free(tx, portId, subnetId, ip ?? '');
    for (const state of missing) await this.allocate(tx, portId, state);
    return this.finish(tx, portId, [...missing, ...surplus].map((state) => state.subnet_id));
  }

  private states(tx: Tx, networkId: string): Promise<SubnetState[]> {
    return tx.sql<SubnetState>`
      SELECT s.id AS subnet_id, (s.enable_dhcp AND s.ip_version = 4) AS is_served,
        (SELECT host(min(first_ip)) FROM allocation_pool WHERE subnet_id = s.id) AS first_ip,
        (SELECT host(a.ip) FROM ip_allocation a JOIN port p ON p.id = a.port_id
          WHERE a.subnet_id = s.id AND p.device_id = ${deviceOf(networkId)} AND p.device_owner = 'network:distributed' LIMIT 1) AS ip
      FROM subnet s WHERE s.network_id = ${networkId} ORDER BY s.created_at, s.id`;
  }

  /** It belongs to no project, as Neutron's does: it is the cloud's own. */
  private async ensurePort(tx: Tx, networkId: string): Promise<string> {
    const [known] = await tx.sql<{ id: string }>`SELECT id FROM port WHERE device_id = ${deviceOf(networkId)} AND device_owner = 'network:distributed'`;
    if (known !== undefined) return known.id;
    const id = newId();
    const now = new Date(this.clock.now());
    await tx.sql`
      INSERT INTO port (id, project_id, network_id, name, mac_address, admin_state_up, status, device_id, device_owner, port_security_enabled, created_at, updated_at)
      VALUES (${id}, '', ${networkId}, '', ${newMac()}, true, 'DOWN', ${deviceOf(networkId)}, 'network:distributed', false, ${now}, ${now})`;
    return id;
  }

  private async allocate(tx: Tx, portId: string, { subnet_id: subnetId, first_ip: first }: SubnetState): Promise<void> {
    const wanted = { subnetId, portId, position: 0 };
    if (first === null || await this.addresses.allocateExactly(tx, wanted, first)) return;
    await this.addresses.allocateAny(tx, wanted);
  }

  private async finish(tx: Tx, portId: string, subnetIds: readonly string[]): Promise<LogicalRef[]> {
    const [gone] = await tx.sql<{ id: string }>`
      DELETE FROM port WHERE id = ${portId} AND NOT EXISTS (SELECT FROM ip_allocation WHERE port_id = ${portId}) RETURNING id`;
    const subnets = units('subnet', subnetIds);
    await this.realizations.changed(tx, gone === undefined ? [...subnets, ...units('port', [portId])] : subnets);
    if (gone !== undefined) await this.realizations.gone(tx, units('port', [portId]));
    return [...subnets, ...units('port', [portId])];
  }
}

function deviceOf(networkId: string): string {
  return `ovnmeta-${networkId}`;
}
