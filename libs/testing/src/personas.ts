import { Unauthenticated, type Caller, type ProjectId, type UserId } from '@virga/kernel';

const DOMAIN = { id: 'default', name: 'Default' };

/** The projects of the personas. */
export const demoProject = 'd3300000000000000000000000000001';
export const otherProject = 'd3300000000000000000000000000002';
export const adminProject = 'd3300000000000000000000000000003';
export const serviceProject = 'd3300000000000000000000000000004';

const IMPLIED: Record<string, readonly string[]> = {
  admin: ['admin', 'manager', 'member', 'reader'], manager: ['manager', 'member', 'reader'], member: ['member', 'reader'], reader: ['reader'], service: ['service'],
};

function inProject(name: string, projectId: string, projectName: string, role: string | undefined): Caller {
  return {
    userId: `user-${name}` as UserId, userName: name, userDomainId: DOMAIN.id, userDomainName: DOMAIN.name,
    scope: { kind: 'project', projectId: projectId as ProjectId, projectName, projectDomainId: DOMAIN.id, projectDomainName: DOMAIN.name },
    roles: new Set(role === undefined ? [] : IMPLIED[role]), roleIds: [], projectId: projectId as ProjectId,
    token: name, auditIds: [`audit-${name}`], expiresAt: Number.MAX_SAFE_INTEGER, requestId: '',
  };
}

/** Who calls in tests; each one's token is its name. The personas of OpenStack's secure RBAC. */
export const personas = {
  /** The operator: role admin on the project admin. */
  admin: inProject('admin', adminProject, 'admin', 'admin'),
  /** Owns things in project demo. */
  alice: inProject('alice', demoProject, 'demo', 'member'),
  /** A second member of demo. */
  amy: inProject('amy', demoProject, 'demo', 'member'),
  manager: inProject('manager', demoProject, 'demo', 'manager'),
  reader: inProject('reader', demoProject, 'demo', 'reader'),
  /** A token for demo without any role that rules mention. */
  guest: inProject('guest', demoProject, 'demo', undefined),
  /** A member of another project. */
  bob: inProject('bob', otherProject, 'other', 'member'),
  service: inProject('service', serviceProject, 'service', 'service'),
} satisfies Record<string, Caller>;

export type Persona = keyof typeof personas;

export const personaNames = Object.keys(personas) as Persona[];

/** Answers the persona named by `X-Auth-Token`; provide it as the `Authenticator` of a service under test. */
export class PersonaAuthenticator {
  async authenticate(headers: Readonly<Record<string, string | string[] | undefined>>, requestId: string): Promise<Caller> {
    const caller = Object.entries(personas).find(([name]) => name === headers['x-auth-token'])?.[1];
    if (caller === undefined) throw new Unauthenticated('token.invalid', 'The request you have made requires authentication.');
    return { ...caller, requestId };
  }
}
