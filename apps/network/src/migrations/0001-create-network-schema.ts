import type { Migration } from '@virga/persistence';

const standard = `
  description text NOT NULL DEFAULT '',
  tags text[] NOT NULL DEFAULT '{}',
  revision_number bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL`;

/**
 * What users asked for. `port.status` is the only column that a backend decides, and it has one writer.
 * What of it the backend has been told is kept apart, in `realization`.
 */
export const createNetworkSchema: Migration = {
  name: '0001-create-network-schema',
  up: `
    CREATE TABLE network (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      name text NOT NULL,
      admin_state_up boolean NOT NULL,
      is_shared boolean NOT NULL,
      is_external boolean NOT NULL,
      is_default boolean NOT NULL,
      port_security_enabled boolean NOT NULL,
      mtu integer NOT NULL,
      dns_domain text NOT NULL DEFAULT '',
      availability_zone_hints text[] NOT NULL DEFAULT '{}',
      network_type text NOT NULL CHECK (network_type IN ('geneve', 'flat', 'vlan')),
      physical_network text,
      segmentation_id integer,
      CHECK ((network_type = 'geneve') = (physical_network IS NULL)),
      ${standard}
    );
    CREATE INDEX network_by_project ON network (project_id);
    CREATE UNIQUE INDEX network_flat_once ON network (physical_network) WHERE network_type = 'flat';
    CREATE UNIQUE INDEX network_segment_once ON network (network_type, coalesce(physical_network, ''), segmentation_id) WHERE network_type <> 'flat';
    CREATE SEQUENCE geneve_segment MINVALUE 1 MAXVALUE 16777215 CYCLE;

    CREATE TABLE subnetpool (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      name text NOT NULL,
      ip_version integer NOT NULL CHECK (ip_version IN (4, 6)),
      prefixes text[] NOT NULL,
      default_prefixlen integer NOT NULL,
      min_prefixlen integer NOT NULL,
      max_prefixlen integer NOT NULL,
      default_quota integer,
      is_default boolean NOT NULL,
      is_shared boolean NOT NULL,
      ${standard}
    );
    CREATE INDEX subnetpool_by_project ON subnetpool (project_id);
    CREATE UNIQUE INDEX subnetpool_default_once ON subnetpool (ip_version) WHERE is_default;

    CREATE TABLE subnet (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      network_id text NOT NULL CONSTRAINT subnet_network REFERENCES network,
      subnetpool_id text CONSTRAINT subnet_subnetpool REFERENCES subnetpool,
      name text NOT NULL,
      ip_version integer NOT NULL CHECK (ip_version IN (4, 6)),
      cidr cidr NOT NULL,
      gateway_ip inet,
      enable_dhcp boolean NOT NULL,
      ipv6_ra_mode text,
      ipv6_address_mode text,
      dns_nameservers text[] NOT NULL DEFAULT '{}',
      host_routes jsonb NOT NULL DEFAULT '[]',
      service_types text[] NOT NULL DEFAULT '{}',
      ${standard}
    );
    CREATE INDEX subnet_by_project ON subnet (project_id);
    CREATE INDEX subnet_by_network ON subnet (network_id);
    CREATE INDEX subnet_by_subnetpool ON subnet (subnetpool_id) WHERE subnetpool_id IS NOT NULL;

    -- Where addresses are taken from; size is capped at 2^53 - 1: nobody uses up a bigger pool.
    CREATE TABLE allocation_pool (
      subnet_id text NOT NULL REFERENCES subnet ON DELETE CASCADE,
      first_ip inet NOT NULL,
      last_ip inet NOT NULL,
      size bigint NOT NULL CHECK (size > 0),
      PRIMARY KEY (subnet_id, first_ip)
    );

    CREATE TABLE security_group (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      name text NOT NULL,
      is_default boolean NOT NULL,
      is_stateful boolean NOT NULL,
      ${standard}
    );
    CREATE INDEX security_group_by_project ON security_group (project_id);
    CREATE UNIQUE INDEX security_group_default_once ON security_group (project_id) WHERE is_default;

    CREATE TABLE security_group_rule (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      security_group_id text NOT NULL CONSTRAINT security_group_rule_group REFERENCES security_group ON DELETE CASCADE,
      direction text NOT NULL CHECK (direction IN ('ingress', 'egress')),
      ethertype text NOT NULL CHECK (ethertype IN ('IPv4', 'IPv6')),
      protocol text,
      port_range_min integer,
      port_range_max integer,
      remote_ip_prefix text,
      normalized_cidr cidr,
      remote_group_id text CONSTRAINT security_group_rule_remote_group REFERENCES security_group ON DELETE CASCADE,
      ${standard}
    );
    CREATE INDEX security_group_rule_by_project ON security_group_rule (project_id);
    CREATE INDEX security_group_rule_by_remote_group ON security_group_rule (remote_group_id) WHERE remote_group_id IS NOT NULL;
    CREATE UNIQUE INDEX security_group_rule_once ON security_group_rule (
      security_group_id, direction, ethertype, coalesce(protocol, ''), coalesce(port_range_min, -1), coalesce(port_range_max, -1),
      coalesce(normalized_cidr::text, ''), coalesce(remote_group_id, ''));

    CREATE TABLE port (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      network_id text NOT NULL CONSTRAINT port_network REFERENCES network,
      name text NOT NULL,
      mac_address text NOT NULL,
      admin_state_up boolean NOT NULL,
      status text NOT NULL CHECK (status IN ('ACTIVE', 'DOWN', 'BUILD', 'N/A')),
      device_id text NOT NULL,
      device_owner text NOT NULL,
      port_security_enabled boolean NOT NULL,
      allowed_address_pairs jsonb NOT NULL DEFAULT '[]',
      extra_dhcp_opts jsonb NOT NULL DEFAULT '[]',
      dns_name text NOT NULL DEFAULT '',
      vnic_type text NOT NULL DEFAULT 'normal',
      host_id text NOT NULL DEFAULT '',
      binding_profile jsonb NOT NULL DEFAULT '{}',
      -- Which interface of its server it was made for; null where the server was given a port that was there before.
      nic_index integer,
      ${standard}
    );
    CREATE INDEX port_by_project ON port (project_id);
    CREATE INDEX port_by_device ON port (device_id) WHERE device_id <> '';
    CREATE UNIQUE INDEX port_mac_once ON port (network_id, mac_address);
    CREATE UNIQUE INDEX port_nic_once ON port (device_id, nic_index) WHERE nic_index IS NOT NULL;

    CREATE TABLE port_security_group (
      port_id text NOT NULL REFERENCES port ON DELETE CASCADE,
      security_group_id text NOT NULL CONSTRAINT port_security_group_group REFERENCES security_group,
      PRIMARY KEY (port_id, security_group_id)
    );
    CREATE INDEX port_security_group_by_group ON port_security_group (security_group_id);

    -- The primary key is what makes it impossible to give an address away twice.
    CREATE TABLE ip_allocation (
      subnet_id text NOT NULL CONSTRAINT ip_allocation_subnet REFERENCES subnet,
      ip inet NOT NULL,
      port_id text NOT NULL REFERENCES port ON DELETE CASCADE,
      position integer NOT NULL,
      PRIMARY KEY (subnet_id, ip)
    );
    CREATE INDEX ip_allocation_by_port ON ip_allocation (port_id);

    CREATE TABLE router (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      name text NOT NULL,
      admin_state_up boolean NOT NULL,
      enable_snat boolean NOT NULL,
      routes jsonb NOT NULL DEFAULT '[]',
      is_distributed boolean NOT NULL,
      is_ha boolean NOT NULL,
      availability_zone_hints text[] NOT NULL DEFAULT '{}',
      ${standard}
    );
    CREATE INDEX router_by_project ON router (project_id);

    CREATE TABLE router_port (
      port_id text PRIMARY KEY CONSTRAINT router_port_port REFERENCES port,
      router_id text NOT NULL CONSTRAINT router_port_router REFERENCES router,
      role text NOT NULL CHECK (role IN ('interface', 'gateway'))
    );
    CREATE INDEX router_port_by_router ON router_port (router_id);
    CREATE UNIQUE INDEX router_port_gateway_once ON router_port (router_id) WHERE role = 'gateway';

    CREATE TABLE floatingip (
      id text PRIMARY KEY,
      project_id text NOT NULL,
      floating_network_id text NOT NULL CONSTRAINT floatingip_network REFERENCES network,
      floating_ip inet NOT NULL,
      floating_port_id text NOT NULL CONSTRAINT floatingip_floating_port REFERENCES port,
      port_id text CONSTRAINT floatingip_port REFERENCES port,
      fixed_ip inet,
      router_id text CONSTRAINT floatingip_router REFERENCES router,
      status text NOT NULL CHECK (status IN ('ACTIVE', 'DOWN', 'ERROR')),
      dns_name text NOT NULL DEFAULT '',
      dns_domain text NOT NULL DEFAULT '',
      CHECK ((port_id IS NULL) = (fixed_ip IS NULL) AND (port_id IS NULL) = (router_id IS NULL)),
      ${standard}
    );
    CREATE INDEX floatingip_by_project ON floatingip (project_id);
    CREATE INDEX floatingip_by_router ON floatingip (router_id) WHERE router_id IS NOT NULL;
    CREATE INDEX floatingip_by_network ON floatingip (floating_network_id);
    CREATE UNIQUE INDEX floatingip_floating_port_once ON floatingip (floating_port_id);
    CREATE UNIQUE INDEX floatingip_fixed_once ON floatingip (port_id, fixed_ip) WHERE port_id IS NOT NULL;

    -- One row for each unit that the backend knows or should forget; revision is raised by every change of the unit.
    CREATE TABLE realization (
      kind text NOT NULL CHECK (kind IN ('network', 'subnet', 'port', 'router', 'security-group')),
      id text NOT NULL,
      revision bigint NOT NULL DEFAULT 1,
      realized_revision bigint NOT NULL DEFAULT 0,
      is_gone boolean NOT NULL DEFAULT false,
      due_at timestamptz,
      attempts integer NOT NULL DEFAULT 0,
      problem text,
      PRIMARY KEY (kind, id),
      CONSTRAINT realization_is_due_or_done CHECK ((due_at IS NULL) = (realized_revision = revision))
    );
    CREATE INDEX realization_due ON realization (due_at) WHERE due_at IS NOT NULL`,
};
