import { closed, endpoint, field, Nullable, open, T, versionNumber, WireBoolean } from '@virga/contract';
import { paging, WholeNumber } from './paging.js';
import { ADMIN, ANYONE, computeRule, READER_OR_ADMIN } from './rules.js';
import { Links, Name } from './values.js';

/** Behaviour of the flavors API that changes with the version and is no matter of shapes. */
export const flavorVersions = {
  /** Access to a public flavor cannot be given any more: it would mean nothing. */
  strictAccess: versionNumber('2.7'),
  /** No swap is 0; before, it was an empty text. */
  numericSwap: versionNumber('2.75'),
} as const;

const SORT_KEYS = [
  'created_at', 'description', 'disabled', 'ephemeral_gb', 'flavorid', 'id', 'is_public', 'memory_mb', 'name', 'root_gb', 'rxtx_factor', 'swap',
  'updated_at', 'vcpu_weight', 'vcpus',
] as const;
const SortKey = T.Enum([...SORT_KEYS]);
const Direction = T.Enum(['asc', 'desc']);

const listQuery = open({
  ...paging,
  is_public: T.Optional(T.String()), minRam: T.Optional(T.String()), minDisk: T.Optional(T.String()),
  sort_key: T.Optional(T.Union([SortKey, T.Array(SortKey)])), sort_dir: T.Optional(T.Union([Direction, T.Array(Direction)])),
}, { 'x-closed-since': '2.75' });

const Description = Nullable(T.String({ maxLength: 65_535, pattern: String.raw`^[^\p{C}\p{Zl}\p{Zp}]*$` }));
const ExtraSpecs = T.Record(T.String(), T.String());

const FlavorReference = T.Object({ id: T.String(), name: T.String(), links: Links, description: field(Nullable(T.String()), { since: '2.55' }) });

const Flavor = T.Object({
  id: T.String(), name: T.String(), ram: T.Integer(), disk: T.Integer(), vcpus: T.Integer(),
  swap: T.Union([T.Integer(), T.Literal('')]),
  'OS-FLV-EXT-DATA:ephemeral': T.Integer(), 'OS-FLV-DISABLED:disabled': T.Boolean(), 'os-flavor-access:is_public': T.Boolean(),
  rxtx_factor: T.Number(), links: Links,
  description: field(Nullable(T.String()), { since: '2.55' }),
  extra_specs: field(T.Optional(ExtraSpecs), { since: '2.61' }),
});

export const listFlavorsRule = computeRule('x:flavors:index', ANYONE, 'List the flavors that the caller may use.');
export const showFlavorsRule = computeRule('x:flavors:show', ANYONE, 'Show a flavor that the caller may use.');
export const listExtraSpecsRule = computeRule('os-flavor-extra-specs:index', READER_OR_ADMIN, 'List the extra specs of a flavor, and see them with flavors.');

const UNKNOWN = 'compute.flavor.unknown';

export const listFlavors = endpoint({
  route: 'GET /flavors', summary: 'List flavors: ids, names and links.', query: listQuery,
  view: T.Object({ flavors: T.Array(FlavorReference), flavors_links: T.Optional(Links) }), replies: 200, policy: listFlavorsRule,
  fails: ['request.marker.unknown', 'compute.flavor.filter'],
});
export const listFlavorDetails = endpoint({
  route: 'GET /flavors/detail', summary: 'List flavors with details.', query: listQuery,
  view: T.Object({ flavors: T.Array(Flavor), flavors_links: T.Optional(Links) }), replies: 200, policy: listFlavorsRule, alsoConsults: [listExtraSpecsRule],
  fails: ['request.marker.unknown', 'compute.flavor.filter'],
  cli: { command: 'flavor list', columns: ['id', 'name', 'ram', 'disk', 'vcpus', 'os-flavor-access:is_public'] },
});
export const showFlavor = endpoint({
  route: 'GET /flavors/{flavor_id}', summary: 'Show a flavor.', view: T.Object({ flavor: Flavor }), replies: 200,
  policy: showFlavorsRule, alsoConsults: [listExtraSpecsRule], fails: [UNKNOWN], cli: { command: 'flavor show' },
});
export const createFlavor = endpoint({
  route: 'POST /flavors', isShownAgain: true, summary: 'Make a flavor.',
  body: closed({
    flavor: closed({
      name: Name,
      id: T.Optional(T.Union([T.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$' }), T.Number(), T.Null()])),
      ram: WholeNumber(1), vcpus: WholeNumber(1), disk: WholeNumber(0),
      swap: T.Optional(WholeNumber(0)), 'OS-FLV-EXT-DATA:ephemeral': T.Optional(WholeNumber(0)),
      rxtx_factor: T.Optional(T.Union([T.Number({ exclusiveMinimum: 0, maximum: 3.4e38 }), T.String({ pattern: String.raw`^[0-9]{1,9}(\.[0-9]{1,9})?$` })])),
      'os-flavor-access:is_public': T.Optional(WireBoolean),
      description: field(T.Optional(Description), { since: '2.55' }),
    }),
  }),
  view: T.Object({ flavor: Flavor }), replies: 200, policy: computeRule('os-flavor-manage:create', ADMIN, 'Create a flavor.'),
  alsoConsults: [listExtraSpecsRule], fails: ['compute.flavor.exists', 'compute.flavor.value'], cli: { command: 'flavor create' },
});
export const updateFlavor = endpoint({
  route: 'PUT /flavors/{flavor_id}', summary: 'Change a flavor\'s description.', since: '2.55',
  body: closed({ flavor: closed({ description: Description }) }),
  view: T.Object({ flavor: Flavor }), replies: 200, policy: computeRule('os-flavor-manage:update', ADMIN, 'Update a flavor.'),
  alsoConsults: [listExtraSpecsRule], fails: [UNKNOWN], cli: { command: 'flavor set' },
});
export const deleteFlavor = endpoint({
  route: 'DELETE /flavors/{flavor_id}', summary: 'Delete a flavor; servers made from it keep what they have.', replies: 202,
  policy: computeRule('os-flavor-manage:delete', ADMIN, 'Delete a flavor.'), fails: [UNKNOWN], cli: { command: 'flavor delete' },
});

const SpecKey = T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' });
const SpecValues = T.Record(SpecKey, T.Union([T.String({ maxLength: 255 }), T.Number()]), { additionalProperties: false });
const specFails = [UNKNOWN, 'compute.flavor.extra-spec'];

export const listExtraSpecs = endpoint({
  route: 'GET /flavors/{flavor_id}/os-extra_specs', summary: 'List the extra specs of a flavor.', view: T.Object({ extra_specs: ExtraSpecs }), replies: 200,
  policy: listExtraSpecsRule, fails: [UNKNOWN],
});
export const createExtraSpecs = endpoint({
  route: 'POST /flavors/{flavor_id}/os-extra_specs', summary: 'Add extra specs to a flavor.', body: closed({ extra_specs: SpecValues }),
  view: T.Object({ extra_specs: ExtraSpecs }), replies: 200, policy: computeRule('os-flavor-extra-specs:create', ADMIN, 'Create extra specs for a flavor.'), fails: specFails,
});
export const showExtraSpec = endpoint({
  route: 'GET /flavors/{flavor_id}/os-extra_specs/{key}', summary: 'Show one extra spec of a flavor.', view: ExtraSpecs, replies: 200,
  policy: computeRule('os-flavor-extra-specs:show', READER_OR_ADMIN, 'Show an extra spec for a flavor.'), fails: [UNKNOWN, 'compute.flavor.extra-spec.unknown'],
});
export const updateExtraSpec = endpoint({
  route: 'PUT /flavors/{flavor_id}/os-extra_specs/{key}', summary: 'Set one extra spec of a flavor.',
  body: T.Record(SpecKey, T.Union([T.String({ maxLength: 255 }), T.Number()]), { additionalProperties: false, minProperties: 1, maxProperties: 1 }),
  view: ExtraSpecs, replies: 200, policy: computeRule('os-flavor-extra-specs:update', ADMIN, 'Update an extra spec for a flavor.'), fails: specFails,
});
export const deleteExtraSpec = endpoint({
  route: 'DELETE /flavors/{flavor_id}/os-extra_specs/{key}', summary: 'Remove one extra spec of a flavor.', replies: 200,
  policy: computeRule('os-flavor-extra-specs:delete', ADMIN, 'Delete an extra spec for a flavor.'), fails: [UNKNOWN, 'compute.flavor.extra-spec.unknown'],
});

const AccessList = T.Object({ flavor_access: T.Array(T.Object({ flavor_id: T.String(), tenant_id: T.String() })) });
const Tenant = closed({ tenant: T.String({ minLength: 1, maxLength: 255 }) });

export const listFlavorAccess = endpoint({
  route: 'GET /flavors/{flavor_id}/os-flavor-access', summary: 'List the projects that may use a private flavor.', view: AccessList, replies: 200,
  policy: computeRule('os-flavor-access', ADMIN, 'List flavor access information.'), fails: [UNKNOWN],
});
export const addTenantAccess = endpoint({
  route: 'POST /flavors/{flavor_id}/action', action: 'addTenantAccess', summary: 'Let a project use a private flavor.',
  body: closed({ addTenantAccess: Tenant }), view: AccessList, replies: 200,
  policy: computeRule('os-flavor-access:add_tenant_access', ADMIN, 'Add flavor access to a project.'),
  fails: [UNKNOWN, 'compute.flavor.access.exists', 'compute.flavor.public', 'compute.project.unknown'],
});
export const removeTenantAccess = endpoint({
  route: 'POST /flavors/{flavor_id}/action', action: 'removeTenantAccess', summary: 'Keep a project from using a private flavor.',
  body: closed({ removeTenantAccess: Tenant }), view: AccessList, replies: 200,
  policy: computeRule('os-flavor-access:remove_tenant_access', ADMIN, 'Remove flavor access from a project.'),
  fails: [UNKNOWN, 'compute.flavor.access.unknown', 'compute.project.unknown'],
});
