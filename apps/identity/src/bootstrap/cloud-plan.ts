/** What a new cloud consists of, as data. */
export interface CloudPlan {
  region: string;
  /** In the order in which each implies the next; the last implies nothing. */
  impliedRoles: readonly string[];
  otherRoles: readonly string[];
  services: readonly PlannedService[];
}

export interface PlannedService {
  type: string;
  name: string;
  description: string;
  url: string;
  limits: Readonly<Record<string, number>>;
}

export interface Addresses {
  region: string;
  publicHost: string;
  ports: { identity: number; compute: number; placement: number; network: number; image: number; blockStorage: number; objectStorage: number };
}

/**
 * The services that run, under the types and names that OpenStack's clients and scripts know, with the limits that every
 * project starts with (OpenStack's defaults).
 */
export function cloudPlan({ region, publicHost, ports }: Addresses): CloudPlan {
  const at = (port: number, path = ''): string => `http://${publicHost}:${port}${path}`;
  return {
    region,
    impliedRoles: ['admin', 'manager', 'member', 'reader'],
    otherRoles: ['service', 'swiftoperator', 'ResellerAdmin'],
    services: [
      { type: 'identity', name: 'keystone', description: 'Users, projects, tokens and the catalog', url: at(ports.identity, '/v3'), limits: {} },
      { type: 'compute', name: 'nova', description: 'Servers', url: at(ports.compute, '/v2.1'), limits: COMPUTE_LIMITS },
      { type: 'placement', name: 'placement', description: 'Inventories and allocations of hosts', url: at(ports.placement), limits: {} },
      { type: 'network', name: 'neutron', description: 'Networks, ports, routers and security groups', url: at(ports.network), limits: NETWORK_LIMITS },
      { type: 'image', name: 'glance', description: 'Images that servers boot from', url: at(ports.image), limits: { image_count_total: 1000 } },
      { type: 'block-storage', name: 'cinder', description: 'Volumes, their snapshots and backups', url: at(ports.blockStorage, '/v3/%(project_id)s'), limits: BLOCK_STORAGE_LIMITS },
      // The same under the type that older clients ask for.
      { type: 'volumev3', name: 'cinderv3', description: 'Volumes, their snapshots and backups', url: at(ports.blockStorage, '/v3/%(project_id)s'), limits: {} },
      { type: 'object-store', name: 'swift', description: 'Containers and objects', url: at(ports.objectStorage, '/v1/AUTH_%(project_id)s'), limits: {} },
      { type: 's3', name: 's3', description: 'The same containers and objects as S3 buckets', url: at(ports.objectStorage), limits: {} },
    ],
  };
}

const COMPUTE_LIMITS = {
  instances: 10, cores: 20, ram: 51_200, key_pairs: 100, metadata_items: 128, server_groups: 10, server_group_members: 10,
  injected_files: 5, injected_file_content_bytes: 10_240, injected_file_path_bytes: 255,
};

const NETWORK_LIMITS = {
  network: 100, subnet: 100, port: 500, router: 10, floatingip: 50, security_group: 10, security_group_rule: 100, subnetpool: -1, rbac_policy: 10,
};

const BLOCK_STORAGE_LIMITS = {
  volumes: 10, gigabytes: 1000, snapshots: 10, backups: 10, backup_gigabytes: 1000, groups: 10, per_volume_gigabytes: -1,
};
