import { fragment, nothing, type Fragment, type Reader } from '@virga/persistence';
import type { TokenScope } from '../tokens/claims.js';
import type { AccessRule, NamedId } from './authorization.js';

/** Whose authorization, for what, and by which delegation. */
export interface AuthorizationQuestion {
  userId: string;
  scope: TokenScope;
  applicationCredentialId?: string;
  trustId?: string;
  /** Of a token: its audit id and the key that signed it, to learn whether they still count. */
  token?: { auditId: string; keyId: string };
}

interface DomainFacts extends NamedId {
  enabled: boolean;
  token_epoch: number;
}

/** What the database says, before anything is concluded from it. */
export interface AuthorizationFacts {
  revision: number;
  user: NamedId & { enabled: boolean; token_epoch: number; password_expires_at: string | null };
  user_domain: DomainFacts;
  scope: (DomainFacts & { is_domain: boolean }) | null;
  scope_domain: DomainFacts | null;
  roles: NamedId[];
  is_revoked: boolean;
  is_key_known: boolean;
  application_credential: (NamedId & {
    user_id: string; project_id: string; unrestricted: boolean; expires_at: string | null; access_rules: AccessRule[] | null;
  }) | null;
  trust: {
    id: string; trustor_user_id: string; trustee_user_id: string; project_id: string | null; impersonation: boolean; expires_at: string | null;
    remaining_uses: number | null;
    is_everybody_enabled: boolean;
  } | null;
}

/**
 * Everything that decides what somebody may do, in one statement and therefore from one snapshot; undefined for an
 * unknown user. With a trust, the trustor's roles count; with a trust or an application credential only those that it passes on.
 *
 * Parts that a question does not need are left out of the text instead of being switched off by parameters: PostgreSQL then
 * keeps one plan for each form of question, and planning is most of what this statement would cost.
 */
export async function readAuthorizationFacts(db: Reader, question: AuthorizationQuestion): Promise<AuthorizationFacts | undefined> {
  const { userId, scope, token } = question;
  const scopeId = scope.kind === 'project' || scope.kind === 'domain' ? scope.id : undefined;
  const [facts] = await db.sql<AuthorizationFacts>`
    WITH RECURSIVE
    grantor AS (${grantorOf(question)}),
    ${scopeId === undefined ? nothing : fragment`scope AS (SELECT * FROM identity.project WHERE id = ${scopeId}),`}
    held AS (
      SELECT a.role_id, a.project_id, a.inherited
      FROM grantor JOIN identity.assignment a ON a.user_id = grantor.user_id
      UNION ALL
      SELECT a.role_id, a.project_id, a.inherited
      FROM grantor JOIN identity.group_member m ON m.user_id = grantor.user_id JOIN identity.assignment a ON a.group_id = m.group_id
    ),
    effective AS (
      SELECT role_id FROM held WHERE ${isOnScope(scope)}
      UNION
      SELECT i.implied_role_id FROM effective e JOIN identity.implied_role i ON i.prior_role_id = e.role_id
    )
    ${passedOn(question)}
    SELECT
      (SELECT revision FROM identity.change) AS revision,
      json_build_object('id', u.id, 'name', u.name, 'enabled', u.enabled, 'token_epoch', u.token_epoch, 'password_expires_at',
        (SELECT expires_at FROM identity.password WHERE user_id = u.id ORDER BY id DESC LIMIT 1)) AS "user",
      json_build_object('id', ud.id, 'name', ud.name, 'enabled', ud.enabled, 'token_epoch', ud.token_epoch) AS user_domain,
      ${scopeId === undefined ? fragment`NULL` : SCOPE} AS scope,
      ${scopeId === undefined ? fragment`NULL` : SCOPE_DOMAIN} AS scope_domain,
      (SELECT COALESCE(json_agg(json_build_object('id', r.id, 'name', r.name) ORDER BY r.name), '[]')
        FROM effective JOIN identity.role r ON r.id = effective.role_id
        WHERE r.domain_id IS NULL AND ${isDelegated(question) ? fragment`r.id IN (SELECT role_id FROM passed_on)` : fragment`TRUE`}) AS roles,
      ${token === undefined ? fragment`false` : fragment`EXISTS (SELECT FROM identity.revocation WHERE audit_id = ${token.auditId})`} AS is_revoked,
      ${token === undefined ? fragment`false` : fragment`EXISTS (SELECT FROM identity.signing_key WHERE id = ${token.keyId})`} AS is_key_known,
      ${applicationCredential(question.applicationCredentialId)} AS application_credential,
      ${trust(question.trustId)} AS trust
    FROM identity."user" u JOIN identity.project ud ON ud.id = u.domain_id
    WHERE u.id = ${userId}`;
  return facts;
}

const isDelegated = ({ applicationCredentialId, trustId }: AuthorizationQuestion): boolean => applicationCredentialId !== undefined || trustId !== undefined;

function grantorOf({ userId, trustId }: AuthorizationQuestion): Fragment {
  if (trustId === undefined) return fragment`SELECT ${userId}::text AS user_id`;
  return fragment`SELECT COALESCE((SELECT trustor_user_id FROM identity.trust WHERE id = ${trustId}), ${userId}::text) AS user_id`;
}

function isOnScope(scope: TokenScope): Fragment {
  if (scope.kind === 'unscoped') return fragment`false`;
  if (scope.kind === 'system') return fragment`project_id IS NULL`;
  return fragment`(project_id = ${scope.id} AND NOT inherited) OR (inherited AND project_id = ANY ((SELECT ancestors FROM scope)::text[]))`;
}

function passedOn(question: AuthorizationQuestion): Fragment {
  if (!isDelegated(question)) return nothing;
  const { applicationCredentialId: credentialId, trustId } = question;
  const delegated = credentialId === undefined
    ? fragment`SELECT role_id FROM identity.trust_role WHERE trust_id = ${trustId ?? null}`
    : fragment`SELECT role_id FROM identity.application_credential_role WHERE application_credential_id = ${credentialId}`;
  return fragment`, passed_on AS (
      ${delegated}
      UNION
      SELECT i.implied_role_id FROM passed_on p JOIN identity.implied_role i ON i.prior_role_id = p.role_id
    )`;
}

const SCOPE = fragment`
  (SELECT json_build_object('id', id, 'name', name, 'enabled', enabled, 'token_epoch', token_epoch, 'is_domain', is_domain) FROM scope)`;

const SCOPE_DOMAIN = fragment`
  (SELECT json_build_object('id', d.id, 'name', d.name, 'enabled', d.enabled, 'token_epoch', d.token_epoch)
    FROM scope JOIN identity.project d ON d.id = scope.domain_id)`;

function applicationCredential(id: string | undefined): Fragment {
  if (id === undefined) return fragment`NULL`;
  return fragment`
    (SELECT json_build_object(
        'id', ac.id, 'name', ac.name, 'user_id', ac.user_id, 'project_id', ac.project_id, 'unrestricted', ac.unrestricted, 'expires_at', ac.expires_at,
        'access_rules', (
          SELECT json_agg(json_build_object('id', rule.id, 'service', rule.service, 'path', rule.path, 'method', rule.method))
          FROM identity.application_credential_access_rule used JOIN identity.access_rule rule ON rule.id = used.access_rule_id
          WHERE used.application_credential_id = ac.id))
      FROM identity.application_credential ac WHERE ac.id = ${id})`;
}

function trust(id: string | undefined): Fragment {
  if (id === undefined) return fragment`NULL`;
  return fragment`
    (SELECT json_build_object(
        'id', tr.id, 'trustor_user_id', tr.trustor_user_id, 'trustee_user_id', tr.trustee_user_id, 'project_id', tr.project_id,
        'impersonation', tr.impersonation, 'expires_at', tr.expires_at, 'remaining_uses', tr.remaining_uses,
        'is_everybody_enabled', (
          SELECT bool_and(t.enabled AND td.enabled) FROM identity."user" t JOIN identity.project td ON td.id = t.domain_id
          WHERE t.id IN (tr.trustor_user_id, tr.trustee_user_id)))
      FROM identity.trust tr WHERE tr.id = ${id})`;
}
