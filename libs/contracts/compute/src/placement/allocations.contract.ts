import { closed, endpoint, field, Nullable, open, T } from '@virga/contract';
import { placementRule } from './rules.js';
import { Generation, InventoryRecords, Repeatable, Resources, UpperName, UuidText } from './values.js';

const UNKNOWN = 'placement.provider.unknown';
const CONFLICTS = ['placement.generation.conflict', 'placement.allocation.capacity', 'placement.class.unknown', 'placement.allocation.provider-unknown'];

const ByProvider = T.Record(UuidText, closed({ resources: Resources, generation: T.Optional(T.Integer()) }), { additionalProperties: false });
const SomeByProvider = T.Record(UuidText, closed({ resources: Resources, generation: T.Optional(T.Integer()) }), { additionalProperties: false, minProperties: 1 });
const Owner = T.String({ minLength: 1, maxLength: 255 });

const consumerFields = {
  project_id: field(T.Optional(Owner), { since: '1.8', requiredSince: '1.8' }), user_id: field(T.Optional(Owner), { since: '1.8', requiredSince: '1.8' }),
  consumer_generation: field(T.Optional(Nullable(Generation)), { since: '1.28', requiredSince: '1.28' }),
  /** Which provider serves which group of a request: taken and not kept, so that candidates can be sent back as they came. */
  mappings: field(T.Optional(T.Record(T.String({ pattern: '^[a-zA-Z0-9_-]{0,64}$' }), T.Array(UuidText, { minItems: 1 }))), { since: '1.34' }),
  consumer_type: field(T.Optional(UpperName), { since: '1.38', requiredSince: '1.38' }),
};

/** What one consumer is to have, and nothing else; none at all takes everything from it. */
const ConsumerAllocations = closed({ allocations: ByProvider, ...consumerFields });
const AllConsumers = T.Record(UuidText, ConsumerAllocations, { additionalProperties: false, minProperties: 1 });

const listed = T.Record(T.String(), T.Object({ resources: T.Record(T.String(), T.Integer()), generation: T.Integer() }));

export const listConsumerAllocations = endpoint({
  route: 'GET /allocations/{consumer_uuid}', summary: 'Show what a consumer has.',
  view: T.Object({
    allocations: listed, project_id: field(T.Optional(T.String()), { since: '1.12' }), user_id: field(T.Optional(T.String()), { since: '1.12' }),
    consumer_generation: field(T.Optional(T.Integer()), { since: '1.28' }), consumer_type: field(T.Optional(T.String()), { since: '1.38' }),
  }),
  replies: 200, policy: placementRule('allocations:list', 'List allocations of a consumer.'), cli: { command: 'resource provider allocation show' },
});
export const replaceConsumerAllocations = endpoint({
  route: 'PUT /allocations/{consumer_uuid}', summary: 'Set what a consumer has.',
  body: closed({
    allocations: T.Union([
      field(T.Array(closed({ resource_provider: closed({ uuid: UuidText }), resources: Resources }), { minItems: 1, maxItems: 1000 }), { until: '1.11' }),
      field(SomeByProvider, { since: '1.12', until: '1.27' }),
      field(ByProvider, { since: '1.28' }),
    ]),
    ...consumerFields,
  }),
  replies: 204, policy: placementRule('allocations:update', 'Update allocations of a consumer.'), fails: CONFLICTS,
  cli: { command: 'resource provider allocation set' },
});
export const deleteConsumerAllocations = endpoint({
  route: 'DELETE /allocations/{consumer_uuid}', summary: 'Take everything from a consumer.', replies: 204,
  policy: placementRule('allocations:delete', 'Delete allocations of a consumer.'), fails: ['placement.consumer.unknown'],
  cli: { command: 'resource provider allocation delete' },
});
export const manageAllocations = endpoint({
  route: 'POST /allocations', since: '1.13', summary: 'Set what several consumers have, all or none.', body: AllConsumers, replies: 204,
  policy: placementRule('allocations:manage', 'Manage allocations.'), fails: CONFLICTS,
});
export const listProviderAllocations = endpoint({
  route: 'GET /resource_providers/{uuid}/allocations', summary: 'List who has what of a provider.',
  view: T.Object({
    resource_provider_generation: T.Integer(),
    allocations: T.Record(T.String(), T.Object({ resources: T.Record(T.String(), T.Integer()), consumer_generation: field(T.Integer(), { since: '1.28' }) })),
  }),
  replies: 200, policy: placementRule('resource_providers:allocations:list', 'List allocations of a resource provider.'), fails: [UNKNOWN],
});

export const showProviderUsages = endpoint({
  route: 'GET /resource_providers/{uuid}/usages', summary: 'Show what of a provider is taken.',
  view: T.Object({ resource_provider_generation: T.Integer(), usages: T.Record(T.String(), T.Integer()) }), replies: 200,
  policy: placementRule('resource_providers:usages', 'List resource provider usages.'), fails: [UNKNOWN], cli: { command: 'resource provider usage show' },
});
export const showTotalUsages = endpoint({
  route: 'GET /usages', since: '1.9', summary: 'Show what a project, or one user in it, has of all providers.',
  query: closed({
    project_id: Owner, user_id: T.Optional(Owner),
    consumer_type: field(T.Optional(T.String({ pattern: '^[A-Z0-9_]+$|^all$|^unknown$', maxLength: 255 })), { since: '1.38' }),
  }),
  /** From 1.38 on by type of consumer. */
  view: T.Object({ usages: T.Unknown() }), replies: 200,
  policy: placementRule('usages', 'List total resource usages of a project.', 'rule:admin_or_project_reader_or_service_api'), cli: { command: 'resource usage show' },
});

export const listCandidates = endpoint({
  route: 'GET /allocation_candidates', since: '1.10', summary: 'List ways in which a request for resources can be met.',
  // Open for resources, required, member_of and in_tree with the suffix of a group; the service refuses other names.
  query: open({
    resources: T.Optional(T.String()), limit: field(T.Optional(T.Integer({ minimum: 1 })), { since: '1.16' }),
    required: field(T.Optional(Repeatable), { since: '1.17' }), member_of: field(T.Optional(Repeatable), { since: '1.21' }),
    group_policy: field(T.Optional(T.Enum(['none', 'isolate'])), { since: '1.25' }), in_tree: field(T.Optional(UuidText), { since: '1.31' }),
    root_required: field(T.Optional(T.String()), { since: '1.35' }), same_subtree: field(T.Optional(Repeatable), { since: '1.36' }),
  }),
  view: T.Object({ allocation_requests: T.Array(T.Unknown()), provider_summaries: T.Record(T.String(), T.Unknown()) }), replies: 200,
  policy: placementRule('allocation_candidates:list', 'List allocation candidates.'), fails: ['placement.query', 'placement.class.unknown', 'placement.trait.unknown'],
  cli: { command: 'allocation candidate list' },
});

export const reshape = endpoint({
  route: 'POST /reshaper', since: '1.30', summary: 'Move inventories between providers together with what is allocated of them.',
  body: closed({
    inventories: T.Record(UuidText, closed({ resource_provider_generation: Generation, inventories: InventoryRecords }), { additionalProperties: false, minProperties: 1 }),
    allocations: T.Record(UuidText, ConsumerAllocations, { additionalProperties: false }),
  }),
  replies: 204, policy: placementRule('reshaper:reshape', 'Reshape resource providers.', 'rule:service_api'),
  fails: [...CONFLICTS, 'placement.inventory.in-use', 'placement.inventory.capacity'],
});
