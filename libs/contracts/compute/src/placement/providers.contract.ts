import { closed, endpoint, field, Nullable, T, versionNumber, type VersionText } from '@virga/contract';
import { placementRule } from './rules.js';
import { CustomName, Generation, InventoryRecord, InventoryRecords, inventoryFields, InventoryView, Links, Repeatable, UpperName, UuidText } from './values.js';

export const PLACEMENT_VERSIONS: { min: VersionText; max: VersionText } = { min: '1.0', max: '1.39' };

/** Behaviour of the placement API that changes with the version and is no matter of shapes. */
export const placementVersions = {
  aggregateLinks: versionNumber('1.1'),
  traitLinks: versionNumber('1.6'),
  allocationLinks: versionNumber('1.11'),
  /** Allocations are objects by provider; before, lists. */
  allocationObjects: versionNumber('1.12'),
  lastModified: versionNumber('1.15'),
  candidateTraits: versionNumber('1.17'),
  /** A provider's aggregates are changed by generation. */
  aggregateGenerations: versionNumber('1.19'),
  createdBody: versionNumber('1.20'),
  forbiddenTraits: versionNumber('1.22'),
  repeatedMemberOf: versionNumber('1.24'),
  groups: versionNumber('1.25'),
  /** All of an inventory may be reserved. */
  fullReserve: versionNumber('1.26'),
  allInventories: versionNumber('1.27'),
  consumerGenerations: versionNumber('1.28'),
  nestedCandidates: versionNumber('1.29'),
  candidateTrees: versionNumber('1.31'),
  forbiddenAggregates: versionNumber('1.32'),
  namedGroups: versionNumber('1.33'),
  mappings: versionNumber('1.34'),
  rootRequired: versionNumber('1.35'),
  sameSubtree: versionNumber('1.36'),
  reparenting: versionNumber('1.37'),
  consumerTypes: versionNumber('1.38'),
  anyTraits: versionNumber('1.39'),
} as const;

const UNKNOWN = 'placement.provider.unknown';
const CONFLICT = 'placement.generation.conflict';

export const listPlacementVersions = endpoint({
  route: 'GET /', summary: 'The API versions that are served here.',
  view: T.Object({ versions: T.Array(T.Object({ id: T.String(), min_version: T.String(), max_version: T.String(), status: T.String(), links: Links })) }),
  replies: 200, policy: 'public',
});

const parent = { parent_provider_uuid: field(T.Optional(Nullable(UuidText)), { since: '1.14' }) };
const Name = T.String({ minLength: 1, maxLength: 200 });

const Provider = T.Object({
  uuid: T.String(), name: T.String(), generation: T.Integer(), links: Links,
  parent_provider_uuid: field(Nullable(T.String()), { since: '1.14' }), root_provider_uuid: field(T.String(), { since: '1.14' }),
});

const providerRule = (name: string, describe: string) => placementRule(`resource_providers:${name}`, describe);

export const listProviders = endpoint({
  route: 'GET /resource_providers', summary: 'List resource providers.',
  query: closed({
    name: T.Optional(T.String()), uuid: T.Optional(UuidText), member_of: field(T.Optional(Repeatable), { since: '1.3' }),
    resources: field(T.Optional(T.String()), { since: '1.4' }), in_tree: field(T.Optional(UuidText), { since: '1.14' }),
    required: field(T.Optional(Repeatable), { since: '1.18' }),
  }),
  view: T.Object({ resource_providers: T.Array(Provider) }), replies: 200, policy: providerRule('list', 'List resource providers.'),
  fails: ['placement.query', 'placement.class.unknown', 'placement.trait.unknown'], cli: { command: 'resource provider list' },
});
export const createProvider = endpoint({
  route: 'POST /resource_providers', summary: 'Make a resource provider.', body: closed({ name: Name, uuid: T.Optional(UuidText), ...parent }),
  view: Provider, replies: { 201: { until: '1.19' }, 200: { since: '1.20' } }, policy: providerRule('create', 'Create a resource provider.'),
  fails: ['placement.provider.name-taken', 'placement.provider.parent'], cli: { command: 'resource provider create' },
});
export const showProvider = endpoint({
  route: 'GET /resource_providers/{uuid}', summary: 'Show a resource provider.', view: Provider, replies: 200,
  policy: providerRule('show', 'Show a resource provider.'), fails: [UNKNOWN], cli: { command: 'resource provider show' },
});
export const updateProvider = endpoint({
  route: 'PUT /resource_providers/{uuid}', summary: 'Rename a resource provider, or move it in its tree.', body: closed({ name: Name, ...parent }),
  view: Provider, replies: 200, policy: providerRule('update', 'Update a resource provider.'),
  fails: [UNKNOWN, 'placement.provider.name-taken', 'placement.provider.parent'], cli: { command: 'resource provider set' },
});
export const deleteProvider = endpoint({
  route: 'DELETE /resource_providers/{uuid}', summary: 'Delete a resource provider.', replies: 204, policy: providerRule('delete', 'Delete a resource provider.'),
  fails: [UNKNOWN, 'placement.provider.in-use', 'placement.provider.has-children'], cli: { command: 'resource provider delete' },
});

const Inventories = T.Object({ resource_provider_generation: T.Integer(), inventories: T.Record(T.String(), InventoryView) });
const Inventory = T.Object({ ...InventoryView.properties, resource_provider_generation: T.Integer() });
const inventoryRule = (name: string, describe: string) => providerRule(`inventories:${name}`, describe);
const CAPACITY = 'placement.inventory.capacity';
const IN_USE = 'placement.inventory.in-use';

export const listInventories = endpoint({
  route: 'GET /resource_providers/{uuid}/inventories', summary: 'List what a provider has.', view: Inventories, replies: 200,
  policy: inventoryRule('list', 'List resource provider inventories.'), fails: [UNKNOWN], cli: { command: 'resource provider inventory list' },
});
export const createInventory = endpoint({
  route: 'POST /resource_providers/{uuid}/inventories', summary: 'Add an inventory of one class.',
  body: closed({ ...inventoryFields, resource_class: UpperName, resource_provider_generation: T.Optional(Generation) }), view: Inventory, replies: 201,
  policy: inventoryRule('create', 'Create one resource provider inventory.'), fails: [UNKNOWN, CONFLICT, CAPACITY, 'placement.class.unknown'],
});
export const replaceInventories = endpoint({
  route: 'PUT /resource_providers/{uuid}/inventories', summary: 'Set everything that a provider has.',
  body: closed({ resource_provider_generation: Generation, inventories: InventoryRecords }), view: Inventories, replies: 200,
  policy: inventoryRule('update', 'Update resource provider inventories.'), fails: [UNKNOWN, CONFLICT, CAPACITY, IN_USE, 'placement.class.unknown'],
  cli: { command: 'resource provider inventory set' },
});
export const deleteInventories = endpoint({
  route: 'DELETE /resource_providers/{uuid}/inventories', since: '1.5', summary: 'Remove everything that a provider has.', replies: 204,
  policy: inventoryRule('delete', 'Delete resource provider inventories.'), fails: [UNKNOWN, IN_USE],
});
export const showInventory = endpoint({
  route: 'GET /resource_providers/{uuid}/inventories/{resource_class}', summary: 'Show what a provider has of one class.', view: Inventory, replies: 200,
  policy: inventoryRule('show', 'Show one resource provider inventory.'), fails: [UNKNOWN, 'placement.inventory.unknown'],
});
export const updateInventory = endpoint({
  route: 'PUT /resource_providers/{uuid}/inventories/{resource_class}', summary: 'Change what a provider has of one class.',
  body: closed({ ...InventoryRecord.properties, resource_provider_generation: Generation }), view: Inventory, replies: 200,
  policy: inventoryRule('update', 'Update resource provider inventories.'), fails: [UNKNOWN, CONFLICT, CAPACITY, 'placement.inventory.unknown'],
});
export const deleteInventory = endpoint({
  route: 'DELETE /resource_providers/{uuid}/inventories/{resource_class}', summary: 'Remove what a provider has of one class.', replies: 204,
  policy: inventoryRule('delete', 'Delete resource provider inventories.'), fails: [UNKNOWN, IN_USE, 'placement.inventory.unknown'],
});

const AggregateList = T.Array(UuidText, { uniqueItems: true, maxItems: 10_000 });
const Aggregates = T.Object({ aggregates: T.Array(T.String()), resource_provider_generation: field(T.Integer(), { since: '1.19' }) });

export const listProviderAggregates = endpoint({
  route: 'GET /resource_providers/{uuid}/aggregates', since: '1.1', summary: 'List the aggregates of a provider.', view: Aggregates, replies: 200,
  policy: providerRule('aggregates:list', 'List resource provider aggregates.'), fails: [UNKNOWN], cli: { command: 'resource provider aggregate list' },
});
export const replaceProviderAggregates = endpoint({
  route: 'PUT /resource_providers/{uuid}/aggregates', since: '1.1', summary: 'Set the aggregates of a provider.',
  body: T.Union([field(AggregateList, { until: '1.18' }), field(closed({ aggregates: AggregateList, resource_provider_generation: Generation }), { since: '1.19' })]),
  view: Aggregates, replies: 200, policy: providerRule('aggregates:update', 'Update resource provider aggregates.'), fails: [UNKNOWN, CONFLICT],
  cli: { command: 'resource provider aggregate set' },
});

const Traits = T.Object({ traits: T.Array(T.String()) });
const ProviderTraits = T.Object({ traits: T.Array(T.String()), resource_provider_generation: T.Integer() });

export const listProviderTraits = endpoint({
  route: 'GET /resource_providers/{uuid}/traits', since: '1.6', summary: 'List the traits of a provider.', view: ProviderTraits, replies: 200,
  policy: providerRule('traits:list', 'List resource provider traits.'), fails: [UNKNOWN], cli: { command: 'resource provider trait list' },
});
export const replaceProviderTraits = endpoint({
  route: 'PUT /resource_providers/{uuid}/traits', since: '1.6', summary: 'Set the traits of a provider.',
  body: closed({ traits: T.Array(T.String({ minLength: 1, maxLength: 255 }), { maxItems: 10_000 }), resource_provider_generation: Generation }), view: ProviderTraits, replies: 200,
  policy: providerRule('traits:update', 'Update resource provider traits.'), fails: [UNKNOWN, CONFLICT, 'placement.trait.unknown'], cli: { command: 'resource provider trait set' },
});
export const deleteProviderTraits = endpoint({
  route: 'DELETE /resource_providers/{uuid}/traits', since: '1.6', summary: 'Remove all traits of a provider.', replies: 204,
  policy: providerRule('traits:delete', 'Delete resource provider traits.'), fails: [UNKNOWN], cli: { command: 'resource provider trait delete' },
});

export const listTraits = endpoint({
  route: 'GET /traits', since: '1.6', summary: 'List traits.', query: closed({ name: T.Optional(T.String()), associated: T.Optional(T.String()) }),
  view: Traits, replies: 200, policy: placementRule('traits:list', 'List traits.'), fails: ['placement.query'], cli: { command: 'trait list' },
});
export const showTrait = endpoint({
  route: 'GET /traits/{name}', since: '1.6', summary: 'Tell whether there is a trait.', replies: 204, policy: placementRule('traits:show', 'Show a trait.'),
  fails: ['placement.trait.unknown'], cli: { command: 'trait show' },
});
export const ensureTrait = endpoint({
  route: 'PUT /traits/{name}', since: '1.6', summary: 'Make sure that there is a custom trait.', replies: { 204: {}, 201: {} },
  policy: placementRule('traits:update', 'Update a trait.'), fails: ['placement.trait.name'], cli: { command: 'trait create' },
});
export const deleteTrait = endpoint({
  route: 'DELETE /traits/{name}', since: '1.6', summary: 'Delete a custom trait.', replies: 204, policy: placementRule('traits:delete', 'Delete a trait.'),
  fails: ['placement.trait.unknown', 'placement.trait.standard', 'placement.trait.in-use'], cli: { command: 'trait delete' },
});

const ResourceClass = T.Object({ name: T.String(), links: Links });
const classRule = (name: string, describe: string) => placementRule(`resource_classes:${name}`, describe);

export const listClasses = endpoint({
  route: 'GET /resource_classes', since: '1.2', summary: 'List resource classes.', view: T.Object({ resource_classes: T.Array(ResourceClass) }), replies: 200,
  policy: classRule('list', 'List resource classes.'), cli: { command: 'resource class list' },
});
export const createClass = endpoint({
  route: 'POST /resource_classes', since: '1.2', summary: 'Make a custom resource class.', body: closed({ name: CustomName }), replies: 201,
  policy: classRule('create', 'Create a resource class.'), fails: ['placement.class.exists'], cli: { command: 'resource class create' },
});
export const showClass = endpoint({
  route: 'GET /resource_classes/{name}', since: '1.2', summary: 'Show a resource class.', view: ResourceClass, replies: 200,
  policy: classRule('show', 'Show a resource class.'), fails: ['placement.class.unknown'], cli: { command: 'resource class show' },
});
/** Until 1.6 it renames. */
export const renameClass = endpoint({
  route: 'PUT /resource_classes/{name}', since: '1.2', until: '1.6', summary: 'Rename a custom resource class.', body: closed({ name: CustomName }),
  view: ResourceClass, replies: 200, policy: classRule('update', 'Update a resource class.'),
  fails: ['placement.class.unknown', 'placement.class.exists', 'placement.class.standard', 'placement.class.in-use'],
});
export const ensureClass = endpoint({
  route: 'PUT /resource_classes/{name}', since: '1.7', summary: 'Make sure that there is a custom resource class.', replies: { 204: {}, 201: {} },
  policy: classRule('update', 'Update a resource class.'), fails: ['placement.class.name'], cli: { command: 'resource class set' },
});
export const deleteClass = endpoint({
  route: 'DELETE /resource_classes/{name}', since: '1.2', summary: 'Delete a custom resource class.', replies: 204, policy: classRule('delete', 'Delete a resource class.'),
  fails: ['placement.class.unknown', 'placement.class.standard', 'placement.class.in-use'], cli: { command: 'resource class delete' },
});
