import { fragment, type Fragment } from '@virga/persistence';
import { Quotas } from '@virga/quota';

const servers = (what: Fragment) => (project: string): Fragment => fragment`SELECT ${what} FROM compute.server WHERE project_id = ${project} AND deleted_at IS NULL`;

/** What compute limits, with Nova's names and defaults (configuration reference, "quota"). */
export const computeQuotas = new Quotas({
  serviceType: 'compute',
  resources: [
    { name: 'instances', defaultLimit: 10, description: 'Servers', usage: servers(fragment`count(*)`) },
    { name: 'cores', defaultLimit: 20, description: 'Virtual CPUs of all servers', usage: servers(fragment`coalesce(sum(vcpus), 0)`) },
    { name: 'ram', defaultLimit: 51_200, description: 'Memory of all servers in MiB', usage: servers(fragment`coalesce(sum(memory_mebibytes), 0)`) },
    {
      name: 'key_pairs', defaultLimit: 100, description: 'Key pairs of a user', per: 'user',
      usage: (user) => fragment`SELECT count(*) FROM compute.keypair WHERE user_id = ${user}`,
    },
    {
      name: 'server_groups', defaultLimit: 10, description: 'Server groups',
      usage: (project) => fragment`SELECT count(*) FROM compute.server_group WHERE project_id = ${project}`,
    },
    { name: 'server_group_members', defaultLimit: 10, description: 'Servers of one server group' },
    { name: 'metadata_items', defaultLimit: 128, description: 'Metadata entries of one server' },
    { name: 'injected_files', defaultLimit: 5, description: 'Files placed into one new server' },
    { name: 'injected_file_content_bytes', defaultLimit: 10_240, description: 'Bytes of one file placed into a new server' },
    { name: 'injected_file_path_bytes', defaultLimit: 255, description: 'Bytes of the path of one such file' },
  ],
});
