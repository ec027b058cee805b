import { closed, endpoint, field, T, type VersionText } from '@virga/contract';
import { computeRule } from './rules.js';
import { UuidText } from './values.js';

const NETWORK_EVENTS = ['network-changed', 'network-vif-plugged', 'network-vif-unplugged', 'network-vif-deleted'] as const;
const later = (name: string, since: VersionText) => field(T.Enum([name]), { since });
const Name = T.Union([
  T.Enum([...NETWORK_EVENTS]), later('volume-extended', '2.51'), later('power-update', '2.76'), later('accelerator-request-bound', '2.82'), later('volume-reimaged', '2.93'),
]);
const Event = { name: Name, server_uuid: UuidText, status: T.Optional(T.Enum(['completed', 'failed', 'in-progress'])), tag: T.Optional(T.String({ maxLength: 255 })) };

export const createExternalEvents = endpoint({
  route: 'POST /os-server-external-events', summary: 'Tell compute what happened to servers elsewhere.', body: closed({ events: T.Array(closed(Event), { minItems: 1, maxItems: 1000 }) }),
  view: T.Object({ events: T.Array(T.Object({ name: T.String(), server_uuid: T.String(), status: T.String(), code: T.Integer(), tag: T.Optional(T.String()) })) }),
  replies: { 200: {}, 207: {} }, policy: computeRule('os-server-external-events:create', 'rule:service_or_admin', 'Create one or more external events.'),
});
