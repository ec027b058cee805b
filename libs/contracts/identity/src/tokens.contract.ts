import { endpoint, open, rule, T, WireBoolean } from '@virga/contract';
import { ADMIN, anyScopeRule, EVERY_SCOPE, SYSTEM_READER } from './rules.js';
import { Id } from './elements.js';
import { Domain } from './domains.contract.js';
import { Project } from './projects.contract.js';

const Reference = { id: T.Optional(Id), name: T.Optional(T.String({ maxLength: 255 })) };
const DomainReference = open(Reference);
const UserReference = { ...Reference, domain: T.Optional(DomainReference) };

export const AuthenticationRequest = open({
  auth: open({
    identity: open({
      methods: T.Array(T.String({ maxLength: 64 }), { maxItems: 8 }),
      password: T.Optional(open({ user: open({ ...UserReference, password: T.String({ maxLength: 4096 }) }) })),
      token: T.Optional(open({ id: T.String() })),
      application_credential: T.Optional(open({ ...Reference, secret: T.String({ maxLength: 4096 }), user: T.Optional(open(UserReference)) })),
    }),
    scope: T.Optional(T.Union([
      T.Literal('unscoped'),
      open({
        project: T.Optional(open({ ...Reference, domain: T.Optional(DomainReference) })),
        domain: T.Optional(DomainReference),
        system: T.Optional(open({ all: T.Optional(T.Boolean()) })),
        'OS-TRUST:trust': T.Optional(open({ id: Id })),
        unscoped: T.Optional(T.Any()),
      }),
    ])),
  }),
});

const Named = open({ id: T.String(), name: T.String() });
const CatalogEntry = T.Object({
  id: T.String(), type: T.String(), name: T.String(),
  endpoints: T.Array(T.Object({
    id: T.String(), interface: T.String(), region: T.Union([T.String(), T.Null()]), region_id: T.Union([T.String(), T.Null()]), url: T.String(),
  })),
});
export const Token = T.Object({
  token: T.Object({
    methods: T.Array(T.String()),
    user: T.Object({ domain: Named, id: T.String(), name: T.String(), password_expires_at: T.Union([T.String(), T.Null()]) }),
    audit_ids: T.Array(T.String()),
    expires_at: T.String(),
    issued_at: T.String(),
    project: T.Optional(T.Object({ domain: Named, id: T.String(), name: T.String() })),
    domain: T.Optional(Named),
    system: T.Optional(T.Object({ all: T.Boolean() })),
    is_domain: T.Optional(T.Boolean()),
    roles: T.Optional(T.Array(Named)),
    catalog: T.Optional(T.Array(CatalogEntry)),
    application_credential: T.Optional(open({ id: T.String(), name: T.String(), restricted: T.Boolean() })),
    'OS-TRUST:trust': T.Optional(open({ id: T.String() })),
  }),
});

const query = open({ nocatalog: T.Optional(T.String()), allow_expired: T.Optional(WireBoolean) });

export const createToken = endpoint({
  route: 'POST /auth/tokens', summary: 'Authenticate and get a token (in X-Subject-Token)', query, body: AuthenticationRequest, view: Token, replies: 201, policy: 'public',
  fails: ['token.refused', 'request.body.invalid'], cli: { command: 'token issue', columns: ['expires', 'id', 'project_id', 'user_id'] },
});

export const showToken = endpoint({
  route: 'GET /auth/tokens', summary: 'Validate the token in X-Subject-Token and show what it is for', query, view: Token, replies: 200,
  policy: anyScopeRule('validate_token', 'Validate a token and show what it is for.', `${ADMIN} or (${SYSTEM_READER}) or rule:service_role or rule:token_subject`),
  fails: ['token.not-found'],
});

export const checkToken = endpoint({
  route: 'HEAD /auth/tokens', summary: 'Check that the token in X-Subject-Token holds', query, replies: 200,
  policy: anyScopeRule('check_token', 'Check that a token holds.', `${ADMIN} or (${SYSTEM_READER}) or rule:token_subject`), fails: ['token.not-found'],
});

export const revokeToken = endpoint({
  route: 'DELETE /auth/tokens', summary: 'Revoke the token in X-Subject-Token', replies: 204,
  policy: anyScopeRule('revoke_token', 'Revoke a token.', `${ADMIN} or rule:token_subject`), fails: ['token.not-found'], cli: { command: 'token revoke' },
});

const forAnyone = (name: string, describe: string) => rule(`identity:${name}`, { check: '', describe, scopes: EVERY_SCOPE });

export const showAuthCatalog = endpoint({
  route: 'GET /auth/catalog', summary: "Show the catalog for the caller's token", view: T.Object({ catalog: T.Array(CatalogEntry), links: T.Any() }), replies: 200,
  policy: forAnyone('get_auth_catalog', 'Show the catalog of services.'), cli: { command: 'catalog list', columns: ['name', 'type', 'endpoints'] },
});

export const listAuthProjects = endpoint({
  route: 'GET /auth/projects', summary: 'List the projects that the caller can get a token for', view: T.Object({ projects: T.Array(Project), links: T.Any() }), replies: 200,
  policy: forAnyone('get_auth_projects', 'List the projects that one has a role on.'),
});

export const listAuthDomains = endpoint({
  route: 'GET /auth/domains', summary: 'List the domains that the caller can get a token for', view: T.Object({ domains: T.Array(Domain), links: T.Any() }), replies: 200,
  policy: forAnyone('get_auth_domains', 'List the domains that one has a role on.'),
});

export const showAuthSystem = endpoint({
  route: 'GET /auth/system', summary: 'Tell whether the caller can get a token for the system', view: T.Object({ system: T.Array(T.Any()), links: T.Any() }), replies: 200,
  policy: forAnyone('get_auth_system', 'Tell whether one has a role on the system.'),
});
