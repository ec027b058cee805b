import { fragment, type Fragment } from '@virga/persistence';
import { Quotas } from '@virga/quota';

const ofServers = (sum: Fragment) => (project: string): Fragment => fragment`SELECT ${sum} FROM server WHERE project_id = ${project} AND deleted_at IS NULL`;

/** What the compute service limits, with Nova's names and defaults (quota configuration reference). */
export const computeQuotas = new Quotas({
  serviceType: 'compute',
  resources: [
    { name: 'instances', defaultLimit: 10, description: 'Servers', usage: ofServers(fragment`count(*)`) },
    { name: 'cores', defaultLimit: 20, description: 'Virtual CPUs of servers', usage: ofServers(fragment`coalesce(sum(vcpus), 0)`) },
    { name: 'ram', defaultLimit: 51_200, description: 'Memory of servers, in MiB', usage: ofServers(fragment`coalesce(sum(memory_mebibytes), 0)`) },
    { name: 'metadata_items', defaultLimit: 128, description: 'Metadata entries of one server' },
    { name: 'injected_files', defaultLimit: 5, description: 'Files placed into one new server' },
    { name: 'injected_file_content_bytes', defaultLimit: 10_240, description: 'Size of a file placed into a new server' },
    { name: 'injected_file_path_bytes', defaultLimit: 255, description: 'Length of the path of a file placed into a new server' },
    { name: 'key_pairs', defaultLimit: 100, per: 'user', description: 'Key pairs of a user', usage: (user) => fragment`SELECT count(*) FROM keypair WHERE user_id = ${user}` },
    { name: 'server_groups', defaultLimit: 10, description: 'Server groups', usage: (project) => fragment`SELECT count(*) FROM server_group WHERE project_id = ${project}` },
    // The network service has its own limits; Nova's clients set and see these all the same.
    { name: 'fixed_ips', defaultLimit: -1, description: 'Without effect: for clients of old' },
    { name: 'floating_ips', defaultLimit: -1, description: 'Without effect: for clients of old' },
    { name: 'security_groups', defaultLimit: -1, description: 'Without effect: for clients of old' },
    { name: 'security_group_rules', defaultLimit: -1, description: 'Without effect: for clients of old' },
    { name: 'server_group_members', defaultLimit: 10, description: 'Servers in one server group' },
  ],
});
