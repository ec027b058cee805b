import { endpoint, T } from '@virga/contract';
import { computeRule, READER_OR_ADMIN } from './rules.js';

const Addresses = T.Array(T.Object({ addr: T.String(), version: T.Integer() }));

export const listServerAddresses = endpoint({
  route: 'GET /servers/{server_id}/ips', summary: 'A server\'s addresses by network.',
  view: T.Object({ addresses: T.Record(T.String(), Addresses) }), replies: 200,
  policy: computeRule('ips:index', READER_OR_ADMIN, 'List IP addresses that are assigned to a server.'), fails: ['compute.server.unknown'],
});

export const showServerAddresses = endpoint({
  route: 'GET /servers/{server_id}/ips/{network_label}', summary: 'A server\'s addresses on one network.',
  view: T.Record(T.String(), Addresses), replies: 200,
  policy: computeRule('ips:show', READER_OR_ADMIN, 'Show IP addresses details for a network label of a server.'), fails: ['compute.server.unknown', 'compute.server.network-unknown'],
});
