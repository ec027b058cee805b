import { closed, endpoint, open, T } from '@virga/contract';
import { ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links } from './values.js';

export const QOS_SORT_KEYS = ['id', 'name', 'consumer', 'created_at', 'updated_at'] as const;

/** Who holds volumes to their limits: the guest's host, the storage host, or both. */
export const QOS_CONSUMERS = ['front-end', 'back-end', 'both'] as const;

const QosSpecs = T.Object({ id: T.String(), name: T.String(), consumer: T.String(), specs: T.Record(T.String(), T.String()) });
const One = T.Object({ qos_specs: QosSpecs, links: Links });
const SpecKey = T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' });
const SpecValue = T.Union([T.String({ maxLength: 255 }), T.Number()]);

const qosRule = (name: string, describe: string) => volumeRule(`volume_extension:qos_specs_manage:${name}`, ADMIN, describe);
const listRule = qosRule('get_all', 'List QoS specs and their associations.');
const updateRule = qosRule('update', 'Update QoS specs and their associations.');
const deleteRule = qosRule('delete', 'Delete QoS specs or keys of them.');

const UNKNOWN = 'block-storage.qos.unknown';
const INVALID = 'block-storage.qos.invalid';
const typeQuery = open({ vol_type_id: T.Optional(T.String()) });

export const listQosSpecs = endpoint({
  route: 'GET /qos-specs', summary: 'List QoS specs.',
  query: open({ ...paging, id: T.Optional(T.String()), name: T.Optional(T.String()), consumer: T.Optional(T.String()) }),
  view: T.Object({ qos_specs: T.Array(QosSpecs), qos_specs_links: T.Optional(Links) }), replies: 200, policy: listRule, fails: ['request.marker.unknown'],
  cli: { command: 'volume qos list', columns: ['id', 'name', 'consumer', 'specs'] },
});
export const createQosSpecs = endpoint({
  route: 'POST /qos-specs', isShownAgain: true, summary: 'Make QoS specs: limits that volume types can be associated with.',
  body: closed({ qos_specs: open({ name: T.String({ minLength: 1, maxLength: 255, pattern: String.raw`\S` }) }) }),
  view: One, replies: 200, policy: qosRule('create', 'Create QoS specs.'), fails: [INVALID, 'block-storage.qos.exists'], cli: { command: 'volume qos create' },
});
export const showQosSpecs = endpoint({
  route: 'GET /qos-specs/{qos_id}', summary: 'Show QoS specs.', view: One, replies: 200, policy: qosRule('get', 'Show QoS specs.'), fails: [UNKNOWN],
  cli: { command: 'volume qos show' },
});
export const updateQosSpecs = endpoint({
  route: 'PUT /qos-specs/{qos_id}', summary: 'Set the consumer or some of the keys of QoS specs.',
  body: closed({ qos_specs: T.Record(SpecKey, SpecValue, { additionalProperties: false }) }),
  view: T.Object({ qos_specs: T.Record(T.String(), T.String()) }), replies: 200, policy: updateRule, fails: [UNKNOWN, INVALID],
  cli: { command: 'volume qos set' },
});
export const deleteQosSpecs = endpoint({
  route: 'DELETE /qos-specs/{qos_id}', summary: 'Delete QoS specs that no type has, or with `force` any.', query: open({ force: T.Optional(T.String()) }), replies: 202,
  policy: deleteRule, fails: [UNKNOWN, 'block-storage.qos.in-use', INVALID], cli: { command: 'volume qos delete' },
});
export const deleteQosKeys = endpoint({
  route: 'PUT /qos-specs/{qos_id}/delete_keys', summary: 'Remove keys from QoS specs.',
  body: closed({ keys: T.Array(T.String({ minLength: 1, maxLength: 255 }), { uniqueItems: true }) }), replies: 202, policy: deleteRule,
  fails: [UNKNOWN, 'block-storage.qos.key-unknown'], cli: { command: 'volume qos unset' },
});
export const listQosAssociations = endpoint({
  route: 'GET /qos-specs/{qos_id}/associations', summary: 'List the volume types that QoS specs hold for.',
  view: T.Object({ qos_associations: T.Array(T.Object({ association_type: T.String(), name: T.String(), id: T.String() })) }), replies: 200, policy: listRule, fails: [UNKNOWN],
});

/** Changes that are asked for with GET, as ever since they were invented. */
const change = (name: string, summary: string) => endpoint({
  route: `GET /qos-specs/{qos_id}/${name}`, summary, query: typeQuery, replies: 202, policy: updateRule,
  fails: [UNKNOWN, INVALID, 'block-storage.volume-type.unknown'],
});
export const associateQos = change('associate', 'Have QoS specs hold for a volume type.');
export const disassociateQos = change('disassociate', 'Have QoS specs hold no more for a volume type.');
export const disassociateAllQos = change('disassociate_all', 'Have QoS specs hold for no volume type.');
