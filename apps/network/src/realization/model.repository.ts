import { Inject, Injectable } from '@nestjs/common';
import { Database, fragment, type Fragment } from '@virga/persistence';
import type { LogicalKind, NetworkModel, NetworkSpec, PortSpec, RouterSpec, SecurityGroupSpec, SubnetSpec } from '@virga/ports';
import { withoutNulls } from './without-nulls.js';

/** What the model says where users said nothing. */
export interface ModelDefaults {
  /** Told to guests of subnets that name no DNS server. */
  dnsServers: readonly string[];
  domainName: string;
}

export const MODEL_DEFAULTS = Symbol('ModelDefaults');

type Chosen = ReadonlyMap<LogicalKind, readonly string[]> | 'everything';

/**
 * Reads Neutron's rows as the backend's model: one statement for each kind that is asked for, whatever the number.
 * A spec's revision is read in the same statement as its content, so it is never newer than the content.
 */
@Injectable()
export class ModelRepository {
  constructor(@Inject(Database) private readonly db: Database, @Inject(MODEL_DEFAULTS) private readonly defaults: ModelDefaults) {}

  async read(chosen: Chosen): Promise<NetworkModel> {
    return {
      networks: await this.networks(only('n', 'network', chosen)),
      subnets: await this.subnets(only('s', 'subnet', chosen)),
      ports: await this.ports(only('p', 'port', chosen)),
      routers: await this.routers(only('o', 'router', chosen)),
      securityGroups: await this.securityGroups(only('g', 'security-group', chosen)),
    };
  }

  private async networks(chosen: Fragment | undefined): Promise<NetworkSpec[]> {
    return this.specs(chosen && fragment`
      SELECT json_build_object('id', n.id, 'revision', r.revision, 'name', n.name, 'mtu', n.mtu, 'isAdminUp', n.admin_state_up,
        'provider', CASE WHEN n.physical_network IS NOT NULL THEN json_build_object('physicalNetwork', n.physical_network,
          'segmentationId', CASE WHEN n.network_type = 'vlan' THEN n.segmentation_id END) END) AS spec
      FROM network n JOIN realization r ON r.kind = 'network' AND r.id = n.id WHERE ${chosen}`);
  }

  private async subnets(chosen: Fragment | undefined): Promise<SubnetSpec[]> {
    return this.specs(chosen && fragment`
      SELECT json_build_object('id', s.id, 'revision', r.revision, 'networkId', s.network_id, 'ipVersion', s.ip_version, 'cidr', s.cidr,
        'gatewayIp', host(s.gateway_ip), 'isDhcpEnabled', s.enable_dhcp, 'ipv6AddressMode', coalesce(s.ipv6_address_mode, s.ipv6_ra_mode),
        'dnsNameservers', CASE WHEN s.dns_nameservers = '{}' THEN ARRAY(
          SELECT server FROM unnest(${this.defaults.dnsServers}::text[]) AS server WHERE family(server::inet) = s.ip_version) ELSE s.dns_nameservers END,
        'hostRoutes', s.host_routes, 'mtu', n.mtu, 'domainName', coalesce(nullif(rtrim(n.dns_domain, '.'), ''), ${this.defaults.domainName}::text),
        'metadataIp', (SELECT host(a.ip) FROM port p JOIN ip_allocation a ON a.port_id = p.id
          WHERE p.device_id = 'ovnmeta-' || s.network_id AND p.device_owner = 'network:distributed' AND a.subnet_id = s.id LIMIT 1)) AS spec
      FROM subnet s JOIN network n ON n.id = s.network_id JOIN realization r ON r.kind = 'subnet' AND r.id = s.id WHERE ${chosen}`);
  }

  private async ports(chosen: Fragment | undefined): Promise<PortSpec[]> {
    return this.specs(chosen && fragment`
      SELECT json_build_object('id', p.id, 'revision', r.revision, 'networkId', p.network_id,
        'role', CASE WHEN p.device_owner = 'network:distributed' THEN 'metadata' ELSE 'guest' END,
        'mac', p.mac_address, 'isAdminUp', p.admin_state_up, 'hasPortSecurity', p.port_security_enabled,
        'fixedIps', coalesce((SELECT json_agg(json_build_object('subnetId', a.subnet_id, 'ip', host(a.ip)) ORDER BY a.position, a.ip)
          FROM ip_allocation a WHERE a.port_id = p.id), '[]'),
        'allowedAddressPairs', coalesce((SELECT json_agg(json_build_object('ip', pair ->> 'ip_address', 'mac', pair ->> 'mac_address'))
          FROM jsonb_array_elements(p.allowed_address_pairs) AS pair), '[]'),
        'securityGroupIds', ARRAY(SELECT g.security_group_id FROM port_security_group g WHERE g.port_id = p.id ORDER BY 1),
        'extraDhcpOptions', coalesce((SELECT json_agg(json_build_object('name', option ->> 'opt_name', 'value', option ->> 'opt_value', 'ipVersion', option -> 'ip_version'))
          FROM jsonb_array_elements(p.extra_dhcp_opts) AS option), '[]'),
        'host', nullif(p.host_id, ''), 'dnsName', nullif(p.dns_name, '')) AS spec
      FROM port p JOIN realization r ON r.kind = 'port' AND r.id = p.id WHERE NOT r.is_gone AND ${chosen}`);
  }

  private async routers(chosen: Fragment | undefined): Promise<RouterSpec[]> {
    return this.specs(chosen && fragment`
      SELECT json_build_object('id', o.id, 'revision', r.revision, 'name', o.name, 'isAdminUp', o.admin_state_up, 'routes', o.routes,
        'interfaces', coalesce((SELECT json_agg(${interfaceSpec} ORDER BY p.id) FROM router_port rp JOIN port p ON p.id = rp.port_id JOIN network n ON n.id = p.network_id
          WHERE rp.router_id = o.id AND rp.role = 'interface'), '[]'),
        'gateway', (SELECT ${interfaceSpec}::jsonb || jsonb_build_object('isSnatEnabled', o.enable_snat,
            'nexthops', ARRAY(SELECT DISTINCT host(s.gateway_ip) FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id AND s.gateway_ip IS NOT NULL ORDER BY 1),
            'snatCidrs', ARRAY(SELECT DISTINCT s.cidr::text FROM router_port inner_port JOIN ip_allocation a ON a.port_id = inner_port.port_id JOIN subnet s ON s.id = a.subnet_id
              WHERE inner_port.router_id = o.id AND inner_port.role = 'interface' AND s.ip_version = 4 ORDER BY 1))
          FROM router_port rp JOIN port p ON p.id = rp.port_id JOIN network n ON n.id = p.network_id WHERE rp.router_id = o.id AND rp.role = 'gateway'),
        'floatingIps', coalesce((SELECT json_agg(json_build_object('id', f.id, 'floatingIp', host(f.floating_ip), 'fixedIp', host(f.fixed_ip), 'portId', f.port_id,
            'mac', floating.mac_address) ORDER BY f.id)
          FROM floatingip f JOIN port floating ON floating.id = f.floating_port_id WHERE f.router_id = o.id), '[]')) AS spec
      FROM router o JOIN realization r ON r.kind = 'router' AND r.id = o.id WHERE ${chosen}`);
  }

  private async securityGroups(chosen: Fragment | undefined): Promise<SecurityGroupSpec[]> {
    return this.specs(chosen && fragment`
      SELECT json_build_object('id', g.id, 'revision', r.revision, 'isStateful', g.is_stateful,
        'rules', coalesce((SELECT json_agg(json_build_object('id', e.id, 'direction', e.direction, 'etherType', e.ethertype, 'protocol', e.protocol,
            'portRangeMin', e.port_range_min, 'portRangeMax', e.port_range_max, 'remoteIpPrefix', e.normalized_cidr, 'remoteGroupId', e.remote_group_id) ORDER BY e.id)
          FROM security_group_rule e WHERE e.security_group_id = g.id), '[]')) AS spec
      FROM security_group g JOIN realization r ON r.kind = 'security-group' AND r.id = g.id WHERE ${chosen}`);
  }

  private async specs<Spec>(query: Fragment | undefined): Promise<Spec[]> {
    if (query === undefined) return [];
    const rows = await this.db.sql<{ spec: Spec }>`${query}`;
    return rows.map(({ spec }) => withoutNulls(spec));
  }
}

/** Of the router port `p` on network `n`. */
const interfaceSpec = fragment`json_build_object('portId', p.id, 'networkId', p.network_id, 'mac', p.mac_address, 'mtu', n.mtu,
  'addresses', ARRAY(SELECT host(a.ip) || '/' || masklen(s.cidr) FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id ORDER BY a.position, a.ip),
  'ipv6AddressMode', (SELECT min(s.ipv6_ra_mode) FROM ip_allocation a JOIN subnet s ON s.id = a.subnet_id WHERE a.port_id = p.id AND s.ip_version = 6))`;

function only(alias: 'n' | 's' | 'p' | 'o' | 'g', kind: LogicalKind, chosen: Chosen): Fragment | undefined {
  if (chosen === 'everything') return fragment`TRUE`;
  const ids = chosen.get(kind) ?? [];
  if (ids.length === 0) return undefined;
  const columns = { n: fragment`n.id`, s: fragment`s.id`, p: fragment`p.id`, o: fragment`o.id`, g: fragment`g.id` };
  return fragment`${columns[alias]} = ANY(${ids})`;
}
