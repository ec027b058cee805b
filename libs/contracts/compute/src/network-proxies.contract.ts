import { closed, endpoint, Nullable, open, T } from '@virga/contract';
import { paging } from './paging.js';
import { ANYONE, computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { IpAddress, Links, UuidText } from './values.js';

// What compute passes on to the network and image services for clients of before 2.36.

const groupRule = (name: string, check: string, describe: string) => computeRule(`os-security-groups:${name}`, check, describe);

const Rule = T.Object({
  id: T.String(), parent_group_id: T.String(), ip_protocol: Nullable(T.String()), from_port: Nullable(T.Integer()), to_port: Nullable(T.Integer()),
  group: T.Unknown(), ip_range: T.Unknown(),
});
const Group = T.Object({ id: T.String(), name: T.String(), description: T.String(), tenant_id: T.String(), rules: T.Array(Rule) });
const GroupBody = open({ security_group: open({ name: T.String({ maxLength: 255 }), description: T.String({ maxLength: 255 }) }) });
const until = '2.35' as const;
const UNKNOWN = 'network.security-group.unknown';

export const listSecurityGroups = endpoint({
  route: 'GET /os-security-groups', until, summary: 'List security groups.', query: open({ limit: paging.limit, offset: T.Optional(T.Integer({ minimum: 0 })), all_tenants: T.Optional(T.String()) }),
  view: T.Object({ security_groups: T.Array(Group) }), replies: 200, policy: groupRule('get', READER_OR_ADMIN, 'List security groups.'),
});
export const showSecurityGroup = endpoint({
  route: 'GET /os-security-groups/{security_group_id}', until, summary: 'Show a security group.', view: T.Object({ security_group: Group }), replies: 200,
  policy: groupRule('show', READER_OR_ADMIN, 'Show a security group.'), fails: [UNKNOWN],
});
export const createSecurityGroup = endpoint({
  route: 'POST /os-security-groups', until, summary: 'Make a security group.', body: GroupBody, view: T.Object({ security_group: Group }), replies: 200,
  policy: groupRule('create', MEMBER_OR_ADMIN, 'Create a security group.'),
});
export const updateSecurityGroup = endpoint({
  route: 'PUT /os-security-groups/{security_group_id}', until, summary: 'Change a security group\'s name and description.', body: GroupBody,
  view: T.Object({ security_group: Group }), replies: 200, policy: groupRule('update', MEMBER_OR_ADMIN, 'Update a security group.'), fails: [UNKNOWN],
});
export const deleteSecurityGroup = endpoint({
  route: 'DELETE /os-security-groups/{security_group_id}', until, summary: 'Delete a security group.', replies: 202,
  policy: groupRule('delete', MEMBER_OR_ADMIN, 'Delete a security group.'), fails: [UNKNOWN],
});

const PortNumber = T.Optional(T.Union([T.Integer(), T.String({ maxLength: 12 }), T.Null()]));

export const createSecurityGroupRule = endpoint({
  route: 'POST /os-security-group-rules', until, summary: 'Let traffic in.',
  body: open({
    security_group_rule: open({
      parent_group_id: UuidText, group_id: T.Optional(Nullable(UuidText)), ip_protocol: T.Optional(Nullable(T.String({ maxLength: 40 }))),
      from_port: PortNumber, to_port: PortNumber, cidr: T.Optional(Nullable(T.String({ maxLength: 64 }))),
    }),
  }),
  view: T.Object({ security_group_rule: Rule }), replies: 200, policy: groupRule('rule:create', MEMBER_OR_ADMIN, 'Create a security group rule.'), fails: [UNKNOWN],
});
export const deleteSecurityGroupRule = endpoint({
  route: 'DELETE /os-security-group-rules/{rule_id}', until, summary: 'Delete a rule.', replies: 202,
  policy: groupRule('rule:delete', MEMBER_OR_ADMIN, 'Delete a security group rule.'), fails: ['network.security-group-rule.unknown'],
});

export const listServerSecurityGroups = endpoint({
  route: 'GET /servers/{server_id}/os-security-groups', summary: 'List the security groups of a server\'s interfaces.', view: T.Object({ security_groups: T.Array(Group) }), replies: 200,
  policy: groupRule('list', READER_OR_ADMIN, 'List security groups of a server.'), fails: ['compute.server.unknown'],
});
const NamedGroup = closed({ name: T.String({ minLength: 1, maxLength: 255 }) });
const action = 'POST /servers/{server_id}/action';
export const addSecurityGroup = endpoint({
  route: action, action: 'addSecurityGroup', summary: 'Put all interfaces of a server into a security group.', body: closed({ addSecurityGroup: NamedGroup }), replies: 202,
  policy: groupRule('add', MEMBER_OR_ADMIN, 'Add security groups to a server.'), fails: ['compute.server.unknown', UNKNOWN, 'compute.security-group.ambiguous'],
  cli: { command: 'server add security group' },
});
export const removeSecurityGroup = endpoint({
  route: action, action: 'removeSecurityGroup', summary: 'Take all interfaces of a server out of a security group.', body: closed({ removeSecurityGroup: NamedGroup }), replies: 202,
  policy: groupRule('remove', MEMBER_OR_ADMIN, 'Remove security groups from a server.'), fails: ['compute.server.unknown', UNKNOWN, 'compute.security-group.ambiguous'],
  cli: { command: 'server remove security group' },
});

const FloatingIp = T.Object({ id: T.String(), ip: T.String(), fixed_ip: Nullable(T.String()), instance_id: Nullable(T.String()), pool: T.String() });
const floatingRule = (name: string, check: string, describe: string) => computeRule(`os-floating-ips:${name}`, check, describe);
const FLOATING_UNKNOWN = 'network.floating-ip.unknown';

export const listFloatingIps = endpoint({
  route: 'GET /os-floating-ips', until, summary: 'List the project\'s floating IPs.', view: T.Object({ floating_ips: T.Array(FloatingIp) }), replies: 200,
  policy: floatingRule('list', READER_OR_ADMIN, 'List floating IPs.'),
});
export const showFloatingIp = endpoint({
  route: 'GET /os-floating-ips/{floating_ip_id}', until, summary: 'Show a floating IP.', view: T.Object({ floating_ip: FloatingIp }), replies: 200,
  policy: floatingRule('show', READER_OR_ADMIN, 'Show a floating IP.'), fails: [FLOATING_UNKNOWN],
});
export const createFloatingIp = endpoint({
  route: 'POST /os-floating-ips', until, summary: 'Get a floating IP.', body: open({ pool: T.Optional(Nullable(T.String({ maxLength: 255 }))) }),
  view: T.Object({ floating_ip: FloatingIp }), replies: 200, policy: floatingRule('create', MEMBER_OR_ADMIN, 'Create a floating IP.'), fails: ['compute.floating-ip-pool.unknown'],
});
export const deleteFloatingIp = endpoint({
  route: 'DELETE /os-floating-ips/{floating_ip_id}', until, summary: 'Give a floating IP back.', replies: 202,
  policy: floatingRule('delete', MEMBER_OR_ADMIN, 'Delete a floating IP.'), fails: [FLOATING_UNKNOWN],
});
export const listFloatingIpPools = endpoint({
  route: 'GET /os-floating-ip-pools', until, summary: 'List the networks that floating IPs come from.', view: T.Object({ floating_ip_pools: T.Array(T.Object({ name: T.String() })) }), replies: 200,
  policy: computeRule('os-floating-ip-pools', ANYONE, 'List floating IP pools.'),
});
export const addFloatingIp = endpoint({
  route: action, action: 'addFloatingIp', until: '2.43', summary: 'Lead a floating IP to a server.',
  body: closed({ addFloatingIp: closed({ address: IpAddress, fixed_address: T.Optional(IpAddress) }) }), replies: 202,
  policy: floatingRule('add', MEMBER_OR_ADMIN, 'Associate a floating IP with a server.'), fails: ['compute.server.unknown', FLOATING_UNKNOWN, 'compute.server.no-fixed-ip'],
});
export const removeFloatingIp = endpoint({
  route: action, action: 'removeFloatingIp', until: '2.43', summary: 'Lead a floating IP to a server no more.',
  body: closed({ removeFloatingIp: closed({ address: IpAddress }) }), replies: 202,
  policy: floatingRule('remove', MEMBER_OR_ADMIN, 'Disassociate a floating IP from a server.'), fails: ['compute.server.unknown', FLOATING_UNKNOWN],
});

const Network = T.Object({ id: T.String(), label: T.String() }, { additionalProperties: true });
const tenantRule = (name: string, describe: string) => computeRule(`os-tenant-networks:${name}`, READER_OR_ADMIN, describe);
const networkRule = (name: string, describe: string) => computeRule(`os-networks:${name}`, READER_OR_ADMIN, describe);

export const listTenantNetworks = endpoint({
  route: 'GET /os-tenant-networks', until, summary: 'List networks.', view: T.Object({ networks: T.Array(Network) }), replies: 200, policy: tenantRule('list', 'List project networks.'),
});
export const showTenantNetwork = endpoint({
  route: 'GET /os-tenant-networks/{network_id}', until, summary: 'Show a network.', view: T.Object({ network: Network }), replies: 200,
  policy: tenantRule('show', 'Show a project network.'), fails: ['network.network.unknown'],
});
export const listNetworks = endpoint({
  route: 'GET /os-networks', until, summary: 'List networks.', view: T.Object({ networks: T.Array(Network) }), replies: 200, policy: networkRule('list', 'List networks.'),
});
export const showNetwork = endpoint({
  route: 'GET /os-networks/{network_id}', until, summary: 'Show a network.', view: T.Object({ network: Network }), replies: 200,
  policy: networkRule('show', 'Show a network.'), fails: ['network.network.unknown'],
});

const ImageReference = T.Object({ id: T.String(), name: Nullable(T.String()), links: T.Array(T.Unknown()) });
const Image = T.Object({
  id: T.String(), name: Nullable(T.String()), status: T.String(), progress: T.Integer(), minRam: T.Integer(), minDisk: T.Integer(),
  metadata: T.Record(T.String(), T.String()), created: T.String(), updated: T.String(), 'OS-EXT-IMG-SIZE:size': Nullable(T.Number()), links: T.Array(T.Unknown()),
});
const imageQuery = open({
  ...paging, name: T.Optional(T.String()), status: T.Optional(T.String()), minRam: T.Optional(T.String()), minDisk: T.Optional(T.String()),
  // Of a server (its id, or its address), and `snapshot` for those that were made of servers.
  server: T.Optional(T.String()), type: T.Optional(T.String()),
});
const imageRule = (name: string) => computeRule(`x:images:${name}`, ANYONE, 'Images of the image service, which decides what the caller may do.');

export const listProxiedImages = endpoint({
  route: 'GET /images', until, summary: 'List images.', query: imageQuery, view: T.Object({ images: T.Array(ImageReference), images_links: T.Optional(Links) }), replies: 200, policy: imageRule('index'),
});
export const listProxiedImageDetails = endpoint({
  route: 'GET /images/detail', until, summary: 'List images with details.', query: imageQuery, view: T.Object({ images: T.Array(Image), images_links: T.Optional(Links) }), replies: 200, policy: imageRule('detail'),
});
export const showProxiedImage = endpoint({
  route: 'GET /images/{image_id}', until, summary: 'Show an image.', view: T.Object({ image: Image }), replies: 200, policy: imageRule('show'), fails: ['image.not-found'],
});
export const deleteProxiedImage = endpoint({
  route: 'DELETE /images/{image_id}', until, summary: 'Delete an image.', replies: 204, policy: imageRule('delete'), fails: ['image.not-found'],
});

const Metadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }), T.String({ maxLength: 255 }), { additionalProperties: false });
const One = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }), T.String({ maxLength: 255 }), { additionalProperties: false, minProperties: 1, maxProperties: 1 });
const MetadataView = T.Object({ metadata: T.Record(T.String(), T.String()) });
const OneView = T.Object({ meta: T.Record(T.String(), T.String()) });
const path = '/images/{image_id}/metadata' as const;
const untilMetadata = '2.38' as const;

export const listImageMetadata = endpoint({
  route: `GET ${path}`, until: untilMetadata, summary: 'List an image\'s properties.', view: MetadataView, replies: 200, policy: imageRule('metadata'), fails: ['image.not-found'],
});
export const addImageMetadata = endpoint({
  route: `POST ${path}`, until: untilMetadata, summary: 'Add properties to an image.', body: closed({ metadata: Metadata }), view: MetadataView, replies: 200,
  policy: imageRule('metadata'), fails: ['image.not-found'],
});
export const replaceImageMetadata = endpoint({
  route: `PUT ${path}`, until: untilMetadata, summary: 'Set an image\'s properties.', body: closed({ metadata: Metadata }), view: MetadataView, replies: 200,
  policy: imageRule('metadata'), fails: ['image.not-found'],
});
export const showImageMetadataEntry = endpoint({
  route: `GET ${path}/{key}`, until: untilMetadata, summary: 'Show one property of an image.', view: OneView, replies: 200, policy: imageRule('metadata'),
  fails: ['image.not-found', 'compute.image.metadata-unknown'],
});
export const setImageMetadataEntry = endpoint({
  route: `PUT ${path}/{key}`, until: untilMetadata, summary: 'Set one property of an image.', body: closed({ meta: One }), view: OneView, replies: 200, policy: imageRule('metadata'),
  fails: ['image.not-found', 'compute.image.metadata-mismatch'],
});
export const deleteImageMetadataEntry = endpoint({
  route: `DELETE ${path}/{key}`, until: untilMetadata, summary: 'Remove one property of an image.', replies: 204, policy: imageRule('metadata'),
  fails: ['image.not-found', 'compute.image.metadata-unknown'],
});
