import { createHash } from 'node:crypto';
import { reply, type OutputOf, type Reply, type RequestFacts } from '@virga/contract';
import type { createServer, listServerDetails, showServer } from '@virga/contracts-compute';
import type { Accepted } from './create-servers.js';
import type { ServerDetails, ServerReferenceRow } from './server-details.repository.js';
import { powerNumber, statusOf, vmStates, type Server } from './server.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type ServerView = Body<OutputOf<typeof showServer>>['server'];
type DetailedView = Body<OutputOf<typeof listServerDetails>>['servers'][number];
type Links = { rel: string; href: string }[];

/** What the caller may see beyond the ordinary, as policy says. */
export interface Visibility {
  hasExtendedAttributes: boolean;
  hasHostname: boolean;
  hasExtraSpecs: boolean;
  hostStatus: 'all' | 'unknown-only' | 'none';
}

export function serverLinks({ baseUrl }: RequestFacts, id: string): Links {
  return [{ rel: 'self', href: `${baseUrl}/v2.1/servers/${id}` }, { rel: 'bookmark', href: `${baseUrl}/servers/${id}` }];
}

export function referenceView(server: ServerReferenceRow, request: RequestFacts): ServerReferenceRow & { links: Links } {
  return { id: server.id, name: server.name, links: serverLinks(request, server.id) };
}

/** A server shown alone: its group as well. */
export function serverView(server: ServerDetails, visibility: Visibility, request: RequestFacts): ServerView {
  return {
    ...detailedView(server, visibility, request),
    server_groups: server.groupId === null ? [] : [server.groupId],
    ...(visibility.hasExtendedAttributes && { 'OS-EXT-SRV-ATTR:user_data': server.userData }),
  };
}

export function detailedView(server: ServerDetails, visibility: Visibility, request: RequestFacts): DetailedView {
  const status = statusOf(server.state, server.task);
  return {
    id: server.id, name: server.name, status, tenant_id: server.projectId, user_id: server.userId, metadata: server.metadata,
    hostId: hostId(server), image: imageView(server, request), flavor: flavorView(server, visibility, request),
    created: wireTime(server.createdAt), updated: wireTime(server.updatedAt),
    addresses: server.state === 'building' ? {} : addressesView(server),
    accessIPv4: server.accessIpV4, accessIPv6: server.accessIpV6, links: serverLinks(request, server.id),
    'OS-DCF:diskConfig': server.diskConfig, ...progress(status), ...fault(server, status),
    locked: server.lockedBy !== null, locked_reason: server.lockedReason, description: server.description, tags: server.tags,
    trusted_image_certificates: server.trustedCertificates,
    'OS-EXT-AZ:availability_zone': server.zone ?? server.requestedZone ?? '', config_drive: server.hasConfigDrive ? 'True' : '', key_name: server.keyName,
    'OS-SRV-USG:launched_at': bareTime(server.launchedAt), 'OS-SRV-USG:terminated_at': bareTime(server.terminatedAt),
    security_groups: securityGroups(server),
    'OS-EXT-STS:vm_state': vmStates[server.state], 'OS-EXT-STS:task_state': server.task, 'OS-EXT-STS:power_state': powerNumber(server.power),
    'os-extended-volumes:volumes_attached': server.volumes.map(({ id, deleteOnTermination }) => ({ id, delete_on_termination: deleteOnTermination })),
    ...extendedAttributes(server, visibility),
  };
}

/** `{ network: [{ addr, version, … }] }`, fixed addresses each before the floating ones that lead to them. */
export function addressesView({ nics }: Pick<ServerDetails, 'nics'>): ServerView['addresses'] {
  // By a map: a network may be called `constructor`.
  const networks = new Map<string, ServerView['addresses'][string]>();
  for (const { networkName, mac, fixedIps } of nics) {
    const addresses = networks.get(networkName) ?? [];
    networks.set(networkName, addresses);
    for (const { ip, version, floatingIps } of fixedIps) {
      const common = { 'OS-EXT-IPS-MAC:mac_addr': mac };
      addresses.push({ addr: ip, version, 'OS-EXT-IPS:type': 'fixed', ...common });
      for (const floating of floatingIps) addresses.push({ addr: floating, version: floating.includes(':') ? 6 : 4, 'OS-EXT-IPS:type': 'floating', ...common });
    }
  }
  return Object.fromEntries(networks);
}

/** 202 with the first server, or the reservation's id where that was asked for. */
export function createdReply(accepted: Accepted, request: RequestFacts): Reply<Body<OutputOf<typeof createServer>>> {
  const [server] = accepted.servers;
  if (server === undefined || accepted.asksReservation) return reply({ reservation_id: accepted.reservationId });
  const { diskConfig, adminPass, securityGroups } = accepted;
  const links = serverLinks(request, server.id);
  const body = { id: server.id, links, 'OS-DCF:diskConfig': diskConfig, security_groups: securityGroups.map((name) => ({ name })), adminPass };
  return reply({ server: body }, { headers: { location: links[0]?.href ?? '' } });
}

/** Tells its owner whether two servers share a host, and nobody which host it is. */
export function hostId({ host, projectId }: Pick<Server, 'host' | 'projectId'>): string {
  return host === null ? '' : createHash('sha224').update(projectId + host).digest('hex');
}

/** ISO 8601 in whole seconds, as Nova writes times. */
export function wireTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** With microseconds and without a zone: how Nova writes a few of its times. */
export function bareTime(time: Date | null): string | null {
  return time === null ? null : `${time.toISOString().slice(0, 23)}000`;
}

function imageView({ imageId }: ServerDetails, { baseUrl }: RequestFacts): ServerView['image'] {
  return imageId === null ? '' : { id: imageId, links: [{ rel: 'bookmark', href: `${baseUrl}/images/${imageId}` }] };
}

function flavorView({ flavor }: ServerDetails, { hasExtraSpecs }: Visibility, { baseUrl }: RequestFacts): ServerView['flavor'] {
  return {
    id: flavor.id, links: [{ rel: 'bookmark', href: `${baseUrl}/flavors/${flavor.id}` }],
    vcpus: flavor.vcpus, ram: flavor.memoryMebibytes, disk: flavor.rootGibibytes, ephemeral: flavor.ephemeralGibibytes, swap: flavor.swapMebibytes,
    original_name: flavor.name, ...(hasExtraSpecs && { extra_specs: flavor.extraSpecs }),
  };
}

const PROGRESS_STATUSES = ['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'];

function progress(status: string): { progress?: number } {
  return PROGRESS_STATUSES.includes(status) ? { progress: 0 } : {};
}

function fault({ fault: reason }: ServerDetails, status: string): Pick<ServerView, 'fault'> {
  if (reason === null || (status !== 'ERROR' && status !== 'DELETED')) return {};
  return { fault: { code: 500, created: wireTime(new Date(reason.at)), message: reason.message } };
}

function securityGroups({ nics }: ServerDetails): { name: string }[] {
  return [...new Set(nics.flatMap(({ groups }) => groups))].map((name) => ({ name }));
}

function extendedAttributes(server: ServerDetails, { hasExtendedAttributes, hasHostname, hostStatus }: Visibility): Partial<DetailedView> {
  const showsStatus = hostStatus === 'all' || (hostStatus === 'unknown-only' && server.hostStatus === 'UNKNOWN');
  return {
    ...(hasHostname && { 'OS-EXT-SRV-ATTR:hostname': server.hostname }),
    ...(showsStatus && { host_status: server.hostStatus }),
    ...(hasExtendedAttributes && {
      'OS-EXT-SRV-ATTR:host': server.host, 'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id.slice(0, 8)}`,
      'OS-EXT-SRV-ATTR:hypervisor_hostname': server.node, 'OS-EXT-SRV-ATTR:hostname': server.hostname,
      'OS-EXT-SRV-ATTR:reservation_id': server.reservationId, 'OS-EXT-SRV-ATTR:launch_index': server.launchIndex,
      'OS-EXT-SRV-ATTR:kernel_id': '', 'OS-EXT-SRV-ATTR:ramdisk_id': '', 'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
      'OS-EXT-SRV-ATTR:user_data': server.userData,
    }),
  };
}
