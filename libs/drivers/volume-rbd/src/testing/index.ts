export { CephCluster } from './ceph-cluster.js';
export { CephGuests } from './ceph-guests.js';
