import type { RequestFacts } from '@virga/contract';
import { Invalid } from '@virga/kernel';
import { extraOf, linkTo, listFrame, wireTime, type Attributes, type Listed } from '../listing/index.js';
import type { User, UserChange } from './user.js';

const KNOWN = ['name', 'description', 'email', 'enabled', 'default_project_id', 'options', 'domain_id', 'password', 'password_expires_at', 'original_password'];

export function userView(user: User, request: RequestFacts) {
  return {
    ...user.extra,
    id: user.id, name: user.name, domain_id: user.domainId, enabled: user.isEnabled, options: user.options,
    ...(user.description !== null && { description: user.description }),
    ...(user.email !== null && { email: user.email }),
    ...(user.defaultProjectId !== null && { default_project_id: user.defaultProjectId }),
    password_expires_at: user.passwordExpiresAt === undefined ? null : wireTime(user.passwordExpiresAt),
    links: { self: linkTo(request, `users/${user.id}`) },
  };
}

export function userList(users: Listed<User>, request: RequestFacts) {
  return { users: users.entries.map((user) => userView(user, request)), ...listFrame(request, users) };
}

/** What a request's body asks to change, apart from the password. */
export function userChange(body: Attributes): UserChange {
  requireHonoured(body['options'] as Attributes | undefined);
  const extra = extraOf(body, KNOWN);
  return {
    ...(body['name'] !== undefined && { name: (body['name'] as string).trim() }),
    ...(body['description'] !== undefined && { description: body['description'] as string | null }),
    ...(body['email'] !== undefined && { email: body['email'] as string | null }),
    ...(body['enabled'] !== undefined && { isEnabled: body['enabled'] as boolean }),
    ...(body['default_project_id'] !== undefined && { defaultProjectId: body['default_project_id'] as string | null }),
    ...(body['options'] !== undefined && { options: body['options'] as Attributes }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** An option that is accepted but not enforced would be a promise that is not kept. */
function requireHonoured(options: Attributes | undefined): void {
  const rules = options?.['multi_factor_auth_rules'];
  if (options?.['multi_factor_auth_enabled'] === true || (Array.isArray(rules) && rules.length > 0)) {
    throw new Invalid('identity.user.multi-factor', 'This cloud has no multi-factor authentication: leave its options out.');
  }
}
