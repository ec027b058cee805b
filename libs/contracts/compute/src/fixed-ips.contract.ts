import { closed, endpoint, T } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN } from './rules.js';
import { IpAddress } from './values.js';

const route = 'POST /servers/{server_id}/action';
const FAILS = ['compute.server.unknown', 'compute.server.network-unknown', 'compute.server.fixed-ip'];

export const addFixedIp = endpoint({
  route, action: 'addFixedIp', until: '2.43', summary: 'Give a server one more address on a network that it is on.',
  body: closed({ addFixedIp: closed({ networkId: T.Union([T.String({ minLength: 1, maxLength: 64 }), T.Integer({ minimum: 0, maximum: 2_147_483_647 })]) }) }), replies: 202,
  policy: computeRule('os-multinic:add', MEMBER_OR_ADMIN, 'Add a fixed IP address to a server.'), fails: FAILS,
});

export const removeFixedIp = endpoint({
  route, action: 'removeFixedIp', until: '2.43', summary: 'Take an address from a server.',
  body: closed({ removeFixedIp: closed({ address: IpAddress }) }), replies: 202,
  policy: computeRule('os-multinic:remove', MEMBER_OR_ADMIN, 'Remove a fixed IP address from a server.'), fails: FAILS,
});
