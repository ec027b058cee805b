import { closed, endpoint, field, T } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { IpAddress, Tag, UuidText } from './values.js';

const Interface = closed({
  port_id: T.String(), net_id: T.String(), mac_addr: T.String(), port_state: T.String(),
  fixed_ips: T.Array(closed({ subnet_id: T.String(), ip_address: T.String() })),
  tag: field(T.Optional(T.Union([T.String(), T.Null()])), { since: '2.70' }),
});
const FAILS = ['compute.server.unknown', 'compute.server.state', 'compute.server.locked', 'compute.server.busy'];

export const listServerInterfaces = endpoint({
  route: 'GET /servers/{server_id}/os-interface', summary: 'The ports that are attached to a server.',
  view: T.Object({ interfaceAttachments: T.Array(Interface) }), replies: 200,
  policy: computeRule('os-attach-interfaces:list', READER_OR_ADMIN, 'List port interfaces attached to a server.'), fails: ['compute.server.unknown'],
});

export const showServerInterface = endpoint({
  route: 'GET /servers/{server_id}/os-interface/{port_id}', summary: 'One port that is attached to a server.',
  view: T.Object({ interfaceAttachment: Interface }), replies: 200,
  policy: computeRule('os-attach-interfaces:show', READER_OR_ADMIN, 'Show details of a port interface attached to a server.'),
  fails: ['compute.server.unknown', 'compute.server.interface-unknown'],
});

export const attachServerInterface = endpoint({
  route: 'POST /servers/{server_id}/os-interface', summary: 'Attach a port, or a new port on a network, to a server.',
  body: closed({
    interfaceAttachment: T.Optional(closed({
      net_id: T.Optional(UuidText), port_id: T.Optional(UuidText),
      fixed_ips: T.Optional(T.Array(closed({ ip_address: IpAddress }), { minItems: 1, maxItems: 1 })),
      tag: field(T.Optional(Tag), { since: '2.49' }),
    })),
  }),
  view: T.Object({ interfaceAttachment: Interface }), replies: 200,
  policy: computeRule('os-attach-interfaces:create', MEMBER_OR_ADMIN, 'Attach an interface to a server.'),
  fails: [...FAILS, 'compute.server.interface-request'],
});

export const detachServerInterface = endpoint({
  route: 'DELETE /servers/{server_id}/os-interface/{port_id}', summary: 'Detach a port from a server.', replies: 202,
  policy: computeRule('os-attach-interfaces:delete', MEMBER_OR_ADMIN, 'Detach an interface from a server.'),
  fails: [...FAILS, 'compute.server.interface-unknown'],
});
