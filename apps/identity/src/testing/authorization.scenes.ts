import { createHmac } from 'node:crypto';
import { grantKinds, type GrantEndpoints } from '@virga/contracts-identity';
import { personaNames, type Persona, type Scene, type SceneRequest, type Scenes } from '@virga/testing';
import type { SceneWorld } from './scene-world.js';

type Given = (world: SceneWorld) => Promise<SceneRequest> | SceneRequest;

const OF_DEMO: readonly Persona[] = ['admin', 'alice', 'amy', 'manager', 'reader', 'guest'];

const by = (...allowed: Persona[]) => (given: Given = () => ({})): Scene<SceneWorld> => ({ given: (world) => given(world), allowed });
const byAdmin = by('admin');
const byAlice = by('alice');
const byAdminOrAlice = by('admin', 'alice');
const byDemo = by(...OF_DEMO);
const byAnyone = by(...personaNames);

const id = (parameter: string, collection: string, key: string, attributes: (world: SceneWorld) => object = () => ({}), request: SceneRequest = {}): Given =>
  async (world) => ({ ...request, params: { [parameter]: await world.make(collection, key, attributes(world)) } });

const inDefault = (world: SceneWorld) => ({ name: world.name(), domain_id: 'default' });
const named = (world: SceneWorld) => ({ name: world.name() });
const ofAlice: Given = (world) => ({ params: { user_id: world.userId('alice') } });
const ofDemo: Given = (world) => ({ params: { project_id: world.projectId('alice') } });

const subject: Given = async (world) => ({ headers: { 'x-subject-token': await world.tokenOfAlice() } });

const tokens: Scenes<SceneWorld> = {
  showToken: by('admin', 'alice', 'service')(subject),
  checkToken: byAdminOrAlice(subject),
  revokeToken: byAdminOrAlice(subject),
  showAuthCatalog: byAnyone(), listAuthProjects: byAnyone(), listAuthDomains: byAnyone(), showAuthSystem: byAnyone(),
};

const tagged: Given = async (world) => {
  await world.as('admin').put(`/projects/${world.projectId('alice')}/tags`, 200, { tags: ['here'] });
  return { params: { project_id: world.projectId('alice'), value: 'here' } };
};

const projects: Scenes<SceneWorld> = {
  createDomain: byAdmin((world) => ({ body: { domain: named(world) } })),
  listDomains: byAdmin(),
  showDomain: byAnyone(() => ({ params: { domain_id: 'default' } })),
  updateDomain: byAdmin(id('domain_id', 'domains', 'domain', named, { body: { domain: { description: 'd' } } })),
  deleteDomain: byAdmin(id('domain_id', 'domains', 'domain', (world) => ({ ...named(world), enabled: false }))),
  createProject: byAdmin((world) => ({ body: { project: inDefault(world) } })),
  listProjects: byAdmin(),
  showProject: byDemo(ofDemo),
  updateProject: byAdmin(id('project_id', 'projects', 'project', inDefault, { body: { project: { description: 'd' } } })),
  deleteProject: byAdmin(id('project_id', 'projects', 'project', inDefault)),
  listProjectTags: byDemo(ofDemo),
  checkProjectTag: byDemo(tagged),
  replaceProjectTags: byAdmin((world) => ({ params: { project_id: world.projectId('alice') }, body: { tags: ['a'] } })),
  addProjectTag: byAdmin((world) => ({ params: { project_id: world.projectId('alice'), value: world.name() } })),
  deleteProjectTag: byAdmin(tagged),
  deleteProjectTags: byAdmin(ofDemo),
  listUserProjects: byAdminOrAlice(ofAlice),
};

const membership = (isMember: boolean): Given => async (world) => {
  const groupId = await world.make('groups', 'group', inDefault(world));
  if (isMember) await world.as('admin').put(`/groups/${groupId}/users/${world.userId('alice')}`, 204);
  return { params: { group_id: groupId, user_id: world.userId('alice') } };
};

const users: Scenes<SceneWorld> = {
  createUser: byAdmin((world) => ({ body: { user: inDefault(world) } })),
  listUsers: byAdmin(),
  showUser: byAdminOrAlice(ofAlice),
  updateUser: byAdmin(id('user_id', 'users', 'user', inDefault, { body: { user: { description: 'd' } } })),
  deleteUser: byAdmin(id('user_id', 'users', 'user', inDefault)),
  createGroup: byAdmin((world) => ({ body: { group: inDefault(world) } })),
  listGroups: byAdmin(),
  showGroup: byAdmin(id('group_id', 'groups', 'group', inDefault)),
  updateGroup: byAdmin(id('group_id', 'groups', 'group', inDefault, { body: { group: { description: 'd' } } })),
  deleteGroup: byAdmin(id('group_id', 'groups', 'group', inDefault)),
  listGroupUsers: byAdmin(id('group_id', 'groups', 'group', inDefault)),
  listUserGroups: byAdminOrAlice(ofAlice),
  addGroupUser: byAdmin(membership(false)),
  checkGroupUser: byAdmin(membership(true)),
  removeGroupUser: byAdmin(membership(true)),
};

const implication = (exists: boolean): Given => async (world) => {
  const params = { prior_role_id: await world.make('roles', 'role', named(world)), implied_role_id: await world.make('roles', 'role', named(world)) };
  if (exists) await world.as('admin').put(`/roles/${params.prior_role_id}/implies/${params.implied_role_id}`, 201);
  return { params };
};

const roles: Scenes<SceneWorld> = {
  createRole: byAdmin((world) => ({ body: { role: named(world) } })),
  listRoles: byAdmin(),
  // A manager may see the roles that managers of domains hand out.
  showRole: by('admin', 'manager')(async (world) => ({ params: { role_id: await world.identity.roleId('reader') } })),
  updateRole: byAdmin(id('role_id', 'roles', 'role', named, { body: { role: { description: 'd' } } })),
  deleteRole: byAdmin(id('role_id', 'roles', 'role', named)),
  listImpliedRoles: byAdmin(implication(true)),
  showImpliedRole: byAdmin(implication(true)),
  checkImpliedRole: byAdmin(implication(true)),
  createImpliedRole: byAdmin(implication(false)),
  deleteImpliedRole: byAdmin(implication(true)),
  listRoleInferences: byAdmin(),
  listRoleAssignments: byAdmin(),
};

/** A grant of a fresh role to a fresh actor on project demo, on the default domain, or on the system. */
function grantScenes(kind: string, contracts: GrantEndpoints): Scenes<SceneWorld> {
  const given = (exists: boolean): Given => async (world) => {
    const { actor, target } = contracts;
    const params: Record<string, string> = {
      [`${actor}_id`]: await world.make(`${actor}s`, actor, inDefault(world)), role_id: await world.make('roles', 'role', named(world)),
      ...(target === 'project' && { project_id: world.projectId('alice') }), ...(target === 'domain' && { domain_id: 'default' }),
    };
    if (exists) await world.as('admin').put(contracts.create.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? ''), 204);
    return { params };
  };
  return {
    [`create.${kind}`]: byAdmin(given(false)), [`check.${kind}`]: byAdmin(given(true)), [`revoke.${kind}`]: byAdmin(given(true)), [`list.${kind}`]: byAdmin(given(true)),
  };
}

const serviceOf = (world: SceneWorld) => world.make('services', 'service', { type: world.name() });

const endpointOf = (request: SceneRequest = {}): Given => async (world) => ({
  ...request, params: { endpoint_id: await world.make('endpoints', 'endpoint', { service_id: await serviceOf(world), interface: 'public', url: 'http://x' }) },
});

const catalog: Scenes<SceneWorld> = {
  createService: byAdmin((world) => ({ body: { service: { type: world.name() } } })),
  listServices: byAdmin(),
  showService: byAdmin(async (world) => ({ params: { service_id: await serviceOf(world) } })),
  updateService: byAdmin(async (world) => ({ params: { service_id: await serviceOf(world) }, body: { service: { description: 'd' } } })),
  deleteService: byAdmin(async (world) => ({ params: { service_id: await serviceOf(world) } })),
  createEndpoint: byAdmin(async (world) => ({ body: { endpoint: { service_id: await serviceOf(world), interface: 'public', url: 'http://x' } } })),
  listEndpoints: byAdmin(),
  showEndpoint: byAdmin(endpointOf()),
  updateEndpoint: byAdmin(endpointOf({ body: { endpoint: { url: 'http://y' } } })),
  deleteEndpoint: byAdmin(endpointOf()),
  createRegion: byAdmin(() => ({ body: { region: {} } })),
  createRegionWithId: byAdmin((world) => ({ params: { region_id: world.name() }, body: { region: {} } })),
  listRegions: byAnyone(),
  showRegion: byAnyone(() => ({ params: { region_id: 'RegionOne' } })),
  updateRegion: byAdmin(id('region_id', 'regions', 'region', undefined, { body: { region: { description: 'd' } } })),
  deleteRegion: byAdmin(id('region_id', 'regions', 'region')),
  createPolicy: byAdmin(() => ({ body: { policy: { type: 't', blob: 'b' } } })),
  listPolicies: byAdmin(),
  showPolicy: byAdmin(id('policy_id', 'policies', 'policy', () => ({ type: 't', blob: 'b' }))),
  updatePolicy: byAdmin(id('policy_id', 'policies', 'policy', () => ({ type: 't', blob: 'b' }), { body: { policy: { blob: 'c' } } })),
  deletePolicy: byAdmin(id('policy_id', 'policies', 'policy', () => ({ type: 't', blob: 'b' }))),
};

const certificate = (world: SceneWorld) => ({ type: 'cert', blob: 'b', user_id: world.userId('alice') });

const keyOfAlice = async (world: SceneWorld): Promise<{ access: string; secret: string }> =>
  (await world.as('alice').post(`/users/${world.userId('alice')}/credentials/OS-EC2`, 201, { tenant_id: world.projectId('alice') })).credential as { access: string; secret: string };

const accessKey: Given = async (world) => ({ params: { user_id: world.userId('alice'), credential_id: (await keyOfAlice(world)).access } });

const signedRequest: Given = async (world) => {
  const { access, secret } = await keyOfAlice(world);
  const params = { Timestamp: new Date(world.identity.clock.now()).toISOString(), SignatureVersion: '1' };
  const signature = createHmac('sha1', secret).update(`SignatureVersion1Timestamp${params.Timestamp}`).digest('base64');
  return { body: { credentials: { access, signature, params } } };
};

const signedText: Given = async (world) => {
  const { access, secret } = await keyOfAlice(world);
  return { body: { credentials: { access, token: Buffer.from('GET').toString('base64'), signature: createHmac('sha1', secret).update('GET').digest('base64') } } };
};

async function robot(world: SceneWorld, attributes: object = {}) {
  const { application_credential: made } = await world.as('alice').post(`/users/${world.userId('alice')}/application_credentials`, 201, {
    application_credential: { name: world.name(), ...attributes },
  });
  return { user_id: world.userId('alice'), application_credential_id: made.id as string, access_rule_id: made.access_rules?.[0]?.id as string };
}

/** A rule that nothing uses any more. */
const accessRule: Given = async (world) => {
  const { access_rule_id: ruleId, user_id: userId, application_credential_id: credentialId } = await robot(world, { access_rules: [{ service: 'compute', method: 'GET', path: `/${world.name()}` }] });
  await world.as('alice').delete(`/users/${userId}/application_credentials/${credentialId}`, 204);
  return { params: { user_id: userId, access_rule_id: ruleId } };
};

const trustRequest = (world: SceneWorld) => ({
  trust: { trustor_user_id: world.userId('alice'), trustee_user_id: world.userId('bob'), project_id: world.projectId('alice'), impersonation: false, roles: [{ name: 'member' }] },
});

const trust: Given = async (world) => ({
  params: { trust_id: (await world.as('alice').post('/OS-TRUST/trusts', 201, trustRequest(world))).trust.id as string, role_id: await world.identity.roleId('member') },
});

const delegations: Scenes<SceneWorld> = {
  createCredential: byAdminOrAlice((world) => ({ body: { credential: certificate(world) } })),
  listCredentials: byAnyone(),
  showCredential: byAdminOrAlice(id('credential_id', 'credentials', 'credential', certificate)),
  updateCredential: byAdminOrAlice(id('credential_id', 'credentials', 'credential', certificate, { body: { credential: { blob: 'c' } } })),
  deleteCredential: byAdminOrAlice(id('credential_id', 'credentials', 'credential', certificate)),
  createEc2Credential: byAdminOrAlice((world) => ({ params: { user_id: world.userId('alice') }, body: { tenant_id: world.projectId('alice') } })),
  listEc2Credentials: byAdminOrAlice(ofAlice),
  showEc2Credential: byAdminOrAlice(accessKey),
  deleteEc2Credential: byAdminOrAlice(accessKey),
  createEc2Token: by('service')(signedRequest),
  createS3Token: by('service')(signedText),
  createApplicationCredential: byAlice((world) => ({ params: { user_id: world.userId('alice') }, body: { application_credential: { name: world.name() } } })),
  listApplicationCredentials: byAdminOrAlice(ofAlice),
  showApplicationCredential: byAdminOrAlice(async (world) => ({ params: await robot(world) })),
  deleteApplicationCredential: byAdminOrAlice(async (world) => ({ params: await robot(world) })),
  listAccessRules: byAlice(ofAlice),
  showAccessRule: byAlice(accessRule),
  deleteAccessRule: byAlice(accessRule),
  createTrust: byAlice((world) => ({ body: trustRequest(world) })),
  listTrusts: byAdmin(),
  showTrust: by('admin', 'alice', 'bob')(trust),
  deleteTrust: byAdminOrAlice(trust),
  listTrustRoles: by('admin', 'alice', 'bob')(trust),
  showTrustRole: by('admin', 'alice', 'bob')(trust),
};

const newRegistered = async (world: SceneWorld) => ({ service_id: await serviceOf(world), resource_name: world.name(), default_limit: 1 });

const registered = (request: SceneRequest = {}): Given => async (world) => {
  const made = await world.as('admin').post('/registered_limits', 201, { registered_limits: [await newRegistered(world)] });
  return { ...request, params: { registered_limit_id: made.registered_limits[0].id as string } };
};

const newLimit = async (world: SceneWorld) => {
  const { default_limit: resourceLimit, ...resource } = await newRegistered(world);
  await world.as('admin').post('/registered_limits', 201, { registered_limits: [{ ...resource, default_limit: resourceLimit }] });
  return { limits: [{ ...resource, resource_limit: 2, project_id: world.projectId('alice') }] };
};

const limit = (request: SceneRequest = {}): Given => async (world) => ({
  ...request, params: { limit_id: (await world.as('admin').post('/limits', 201, await newLimit(world))).limits[0].id as string },
});

const limits: Scenes<SceneWorld> = {
  createRegisteredLimits: byAdmin(async (world) => ({ body: { registered_limits: [await newRegistered(world)] } })),
  listRegisteredLimits: byAnyone(),
  showRegisteredLimit: byAnyone(registered()),
  updateRegisteredLimit: byAdmin(registered({ body: { registered_limit: { default_limit: 2 } } })),
  deleteRegisteredLimit: byAdmin(registered()),
  createLimits: byAdmin(async (world) => ({ body: await newLimit(world) })),
  listLimits: byAnyone(),
  showLimitModel: byAnyone(),
  showLimit: byDemo(limit()),
  updateLimit: byAdmin(limit({ body: { limit: { resource_limit: 3 } } })),
  deleteLimit: byAdmin(limit()),
};

/** Who may do what, for every endpoint of identity. */
export const identityScenes: Scenes<SceneWorld> = {
  ...tokens, ...projects, ...users, ...roles, ...catalog, ...delegations, ...limits,
  ...Object.assign({}, ...Object.entries(grantKinds).map(([kind, contracts]) => grantScenes(kind, contracts))) as Scenes<SceneWorld>,
};

