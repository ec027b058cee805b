import { closed, endpoint, field, Nullable, open, T, versionNumber, WireBoolean } from '@virga/contract';
import { ADMIN, volumeRule } from './rules.js';

const Reason = T.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` });
/** Since then clusters have a replication state. */
export const CLUSTER_REPLICATION = versionNumber('3.26');

const clusterSince = '3.7' as const;
const summary = { name: T.String(), binary: T.String(), state: T.String(), status: T.String(), replication_status: field(T.String(), { since: '3.26' }) };
const ClusterDetail = T.Object({
  ...summary, num_hosts: T.Integer(), num_down_hosts: T.Integer(), last_heartbeat: T.String(), created_at: T.String(), updated_at: T.String(),
  disabled_reason: Nullable(T.String()), frozen: field(T.Boolean(), { since: '3.26' }), active_backend_id: field(Nullable(T.String()), { since: '3.26' }),
});
const clusterQuery = open({
  name: T.Optional(T.String()), binary: T.Optional(T.String()), is_up: T.Optional(T.String()), disabled: T.Optional(T.String()), num_hosts: T.Optional(T.String()),
  num_down_hosts: T.Optional(T.String()), replication_status: T.Optional(T.String()), frozen: T.Optional(T.String()), active_backend_id: T.Optional(T.String()),
});
const clusterRule = volumeRule('clusters:get_all', ADMIN, 'List clusters.');
const clusterUpdateRule = volumeRule('clusters:update', ADMIN, 'Update a cluster.');
const ClusterName = T.String({ minLength: 1, maxLength: 255 });
const CLUSTER_UNKNOWN = ['block-storage.cluster.unknown'];

export const listClusters = endpoint({
  route: 'GET /clusters', since: clusterSince, summary: 'List clusters of storage services.', query: clusterQuery, view: T.Object({ clusters: T.Array(T.Object(summary)) }), replies: 200,
  policy: clusterRule, fails: ['block-storage.cluster.filter'],
});
export const listClusterDetails = endpoint({
  route: 'GET /clusters/detail', since: clusterSince, summary: 'List clusters of storage services with details.', query: clusterQuery,
  view: T.Object({ clusters: T.Array(ClusterDetail) }), replies: 200, policy: clusterRule, fails: ['block-storage.cluster.filter'],
});
export const showCluster = endpoint({
  route: 'GET /clusters/{cluster_name}', since: clusterSince, summary: 'Show a cluster.', query: open({ binary: T.Optional(T.String()) }), view: T.Object({ cluster: ClusterDetail }), replies: 200,
  policy: volumeRule('clusters:get', ADMIN, 'Show a cluster.'), fails: CLUSTER_UNKNOWN,
});
const OneCluster = T.Object({ cluster: T.Object({ ...summary, disabled_reason: Nullable(T.String()) }) });
export const enableCluster = endpoint({
  route: 'PUT /clusters/enable', since: clusterSince, summary: 'Let new volumes be placed on a cluster.', body: closed({ name: ClusterName, binary: T.Optional(Nullable(T.String())) }),
  view: OneCluster, replies: 200, policy: clusterUpdateRule, fails: CLUSTER_UNKNOWN,
});
export const disableCluster = endpoint({
  route: 'PUT /clusters/disable', since: clusterSince, summary: 'Let no new volumes be placed on a cluster.',
  body: closed({ name: ClusterName, binary: T.Optional(Nullable(T.String())), disabled_reason: T.Optional(Nullable(Reason)) }),
  view: OneCluster, replies: 200, policy: clusterUpdateRule, fails: CLUSTER_UNKNOWN,
});

const HostFilter = T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._#@:/+]*$' })));
const Cleaner = T.Object({ id: T.Integer(), host: T.String(), binary: T.String(), cluster_name: Nullable(T.String()) });
export const cleanUpWorkers = endpoint({
  route: 'POST /workers/cleanup', since: '3.24', summary: 'Have unfinished work of services that are gone taken over.',
  body: closed({
    cluster_name: HostFilter, host: HostFilter, disabled: T.Optional(WireBoolean), is_up: T.Optional(WireBoolean), binary: T.Optional(T.Enum(['cinder-volume', 'cinder-scheduler'])),
    resource_id: T.Optional(Nullable(T.String({ format: 'uuid' }))), resource_type: T.Optional(Nullable(T.String({ maxLength: 40 }))),
    service_id: T.Optional(Nullable(T.Union([T.Integer(), T.String({ pattern: '^[0-9]*$', maxLength: 11 })]))),
  }),
  view: T.Object({ cleaning: T.Array(Cleaner), unavailable: T.Array(Cleaner) }), replies: 202,
  policy: volumeRule('workers:cleanup', ADMIN, 'Start cleaning up workers.'), fails: ['block-storage.worker.resource-type', 'block-storage.worker.resource'],
});
