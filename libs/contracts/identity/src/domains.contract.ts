import { endpoint, Nullable, open, T } from '@virga/contract';
import { Description, enabledFilter, listOf, nameFilter, paging, ResourceOptions, ShortName, shown } from './elements.js';
import { ADMIN_OR_SYSTEM_READER, adminRule, anyScopeRule } from './rules.js';

export const Domain = open({
  ...shown, name: T.String(), description: Nullable(T.String()), enabled: T.Boolean(), tags: T.Array(T.String()), options: T.Any(),
});
const DomainView = T.Object({ domain: Domain });

const accepted = {
  description: T.Optional(Description), enabled: T.Optional(T.Boolean()), options: T.Optional(ResourceOptions),
  tags: T.Optional(T.Array(T.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' }), { maxItems: 80, uniqueItems: true })),
};

export const createDomain = endpoint({
  route: 'POST /domains', isShownAgain: true, summary: 'Create a domain', body: open({ domain: open({ name: ShortName, explicit_domain_id: T.Optional(T.String({ pattern: '^[0-9a-fA-F]{32}$' })), ...accepted }) }), view: DomainView, replies: 201,
  policy: adminRule('create_domain', 'Create a domain.'), fails: ['identity.domain.exists'], cli: { command: 'domain create' },
});

export const listDomains = endpoint({
  route: 'GET /domains', summary: 'List domains', query: open({ ...paging, ...nameFilter, ...enabledFilter }), view: listOf('domains', Domain), replies: 200,
  policy: anyScopeRule('list_domains', 'List domains.', `${ADMIN_OR_SYSTEM_READER} or (role:reader and domain_id:%(target.domain.id)s)`),
  cli: { command: 'domain list', columns: ['id', 'name', 'enabled', 'description'] },
});

export const showDomain = endpoint({
  route: 'GET /domains/{domain_id}', summary: 'Show a domain', view: DomainView, replies: 200,
  policy: anyScopeRule('get_domain', 'Show a domain.', `${ADMIN_OR_SYSTEM_READER} or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s`),
  fails: ['identity.domain.not-found'], cli: { command: 'domain show' },
});

export const updateDomain = endpoint({
  route: 'PATCH /domains/{domain_id}', summary: 'Change a domain', body: open({ domain: open({ name: T.Optional(ShortName), ...accepted }) }), view: DomainView, replies: 200,
  policy: adminRule('update_domain', 'Change a domain.'), fails: ['identity.domain.not-found', 'identity.domain.exists'], cli: { command: 'domain set' },
});

export const deleteDomain = endpoint({
  route: 'DELETE /domains/{domain_id}', summary: 'Delete a disabled domain and everything in it', replies: 204,
  policy: adminRule('delete_domain', 'Delete a domain.'), fails: ['identity.domain.not-found', 'identity.domain.enabled'], cli: { command: 'domain delete' },
});
