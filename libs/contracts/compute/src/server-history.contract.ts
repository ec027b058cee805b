import { closed, endpoint, field, Nullable, open, T, Timestamp } from '@virga/contract';
import { ADMIN, computeRule, READER_OR_ADMIN } from './rules.js';
import { Links } from './values.js';

const action = {
  action: T.String(), instance_uuid: T.String(), request_id: T.String(), user_id: Nullable(T.String()), project_id: Nullable(T.String()),
  start_time: T.String(), message: Nullable(T.String()), updated_at: field(T.Optional(T.String()), { since: '2.58' }),
};

const Event = closed({
  event: T.String(), start_time: T.String(), finish_time: Nullable(T.String()), result: Nullable(T.String()),
  traceback: field(T.Optional(Nullable(T.String())), {}),
  hostId: field(T.Optional(T.String()), { since: '2.62' }),
  host: field(T.Optional(Nullable(T.String())), { since: '2.62' }),
  details: field(T.Optional(Nullable(T.String())), { since: '2.84' }),
});

export const listServerActions = endpoint({
  route: 'GET /servers/{server_id}/os-instance-actions', summary: 'What was asked of a server, newest first.',
  query: open({
    limit: field(T.Optional(T.Integer({ minimum: 0 })), { since: '2.58' }),
    marker: field(T.Optional(T.String()), { since: '2.58' }),
    'changes-since': field(T.Optional(Timestamp), { since: '2.58' }),
    'changes-before': field(T.Optional(Timestamp), { since: '2.66' }),
  }),
  view: T.Object({ instanceActions: T.Array(closed(action)), links: field(T.Optional(Links), { since: '2.58' }) }), replies: 200,
  policy: computeRule('os-instance-actions:list', READER_OR_ADMIN, 'List actions for a server.'), fails: ['compute.server.unknown', 'request.marker.unknown'],
  cli: { command: 'server event list' },
});

export const showActionEvents = computeRule('os-instance-actions:events', ADMIN, 'See the events of a server\'s action.');
export const showActionEventDetails = computeRule('os-instance-actions:events:details', ADMIN, 'See why events of a server\'s action failed.');

export const showServerAction = endpoint({
  route: 'GET /servers/{server_id}/os-instance-actions/{request_id}', summary: 'One action of a server, with its events.',
  // From 2.51 on everyone sees the events, without their traceback.
  view: T.Object({ instanceAction: closed({ ...action, events: T.Optional(T.Array(Event)) }) }), replies: 200,
  policy: computeRule('os-instance-actions:show', READER_OR_ADMIN, 'Show action details for a server.'), alsoConsults: [showActionEvents, showActionEventDetails],
  fails: ['compute.server.unknown', 'compute.server.action-unknown'],
  cli: { command: 'server event show' },
});
