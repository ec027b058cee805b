export { CephCluster } from './ceph-cluster.js';
export { CephGuests } from './ceph-guests.js';
export { KilledPool, type Verdict } from './killed-pool.js';
