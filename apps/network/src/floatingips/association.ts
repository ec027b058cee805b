import { Injectable } from '@nestjs/common';
import { raise } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { canonicalIp } from '../addresses/index.js';
import { PortNotFound, PortsRepository, type Port } from '../ports/index.js';
import { lockRow } from '../resources/index.js';
import { BadRequest, ExternalGatewayForFloatingIPNotFound, type Association, type FloatingIp } from './floatingip.js';
import { FloatingIpsRepository } from './floatingips.repository.js';

/** Finds out where a floating IP may lead. */
@Injectable()
export class FloatingIpAssociation {
  constructor(private readonly floatingIps: FloatingIpsRepository, private readonly ports: PortsRepository) {}

  /**
   * The association that is asked for; the router that makes it possible is held until the transaction ends.
   * Throws where the port, its address or a router on the way is missing.
   */
  async plan(tx: Tx, floating: Pick<FloatingIp, 'id' | 'project_id' | 'floating_network_id'>, portId: string, asked: string | undefined): Promise<Association> {
    const port = await this.ports.find(tx, portId) ?? raise(new PortNotFound(portId));
    if (port.project_id !== floating.project_id) throw new PortNotFound(portId);
    const fixedIp = addressOf(port, asked);
    const [way] = await this.floatingIps.ways(tx, portId, fixedIp, floating.floating_network_id);
    if (way === undefined) {
      throw new ExternalGatewayForFloatingIPNotFound(floating.floating_network_id, await this.floatingIps.subnetOf(tx, portId, fixedIp), portId);
    }
    await lockRow(tx, 'router', way.router_id);
    const [still] = await this.floatingIps.ways(tx, portId, fixedIp, floating.floating_network_id);
    if (still?.router_id !== way.router_id) throw new ExternalGatewayForFloatingIPNotFound(floating.floating_network_id, way.subnet_id, portId);
    return { port_id: portId, fixed_ip: fixedIp, router_id: way.router_id };
  }
}

function addressOf(port: Port, asked: string | undefined): string {
  const ipv4 = port.fixed_ips.map((fixed) => fixed.ip_address).filter((ip) => !ip.includes(':'));
  if (asked !== undefined) {
    const ip = canonicalIp(asked) ?? asked;
    if (!ipv4.includes(ip)) throw new BadRequest(`Port ${port.id} does not have fixed ip ${asked}`);
    return ip;
  }
  const [only] = ipv4;
  if (only === undefined) throw new BadRequest(`Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
  if (ipv4.length > 1) throw new BadRequest(`Port ${port.id} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when assigning a floating IP`);
  return only;
}
