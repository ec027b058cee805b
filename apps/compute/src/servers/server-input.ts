import type { BodyOf, VersionNumber } from '@virga/contract';
import { isTrue } from '@virga/contract';
import { serverVersions, type createServer, type updateServer } from '@virga/contracts-compute';
import { Invalid } from '@virga/kernel';
import ipaddr from 'ipaddr.js';
import { devicesFrom, type DeviceWish } from './device-input.js';
import type { ServerEdit } from './servers.repository.js';

/** What a creator wants, out of the wire's words. */
export interface ServerWish {
  name: string;
  description: string | null;
  hostname: string | undefined;
  flavorId: string;
  imageId: string | undefined;
  devices: DeviceWish[];
  /** Whether the caller knows of volumes that several servers have. */
  allowsMultiattach: boolean;
  keyName: string | null;
  metadata: Record<string, string>;
  tags: string[];
  zone: string | undefined;
  host: string | undefined;
  node: string | undefined;
  /** `default`: nothing was said (before networks had to be said). */
  networks: 'auto' | 'none' | 'default' | { networkId: string | null; portId: string | null; fixedIp: string | null; tag: string | null }[];
  securityGroups: string[];
  userData: string | null;
  files: { path: string; contents: string }[];
  hasConfigDrive: boolean;
  diskConfig: 'AUTO' | 'MANUAL';
  accessIpV4: string;
  accessIpV6: string;
  trustedCertificates: string[] | null;
  count: { min: number; max: number };
  adminPass: string | undefined;
  asksReservation: boolean;
  group: string | undefined;
  sameHost: string[];
  differentHost: string[];
}

type Body = BodyOf<typeof createServer>;
type WireServer = Body['server'];

export function newServersFrom(body: Body, version: VersionNumber): ServerWish {
  const { server } = body;
  return {
    ...namesOf(server, version), ...contentOf(server), ...accessOf(server), ...placeOf(body), networks: networksOf(server), count: countOf(server),
    devices: devicesFrom(server), allowsMultiattach: version >= serverVersions.multiattach,
  };
}

function namesOf(server: WireServer, version: VersionNumber): Pick<ServerWish, 'name' | 'description' | 'hostname' | 'metadata' | 'tags'> {
  const description = version >= serverVersions.ownDescription ? server.description ?? null : server.name;
  return { name: server.name, description, hostname: server.hostname, metadata: server.metadata ?? {}, tags: [...new Set(server.tags ?? [])] };
}

function contentOf(server: WireServer): Pick<ServerWish, 'flavorId' | 'imageId' | 'keyName' | 'userData' | 'files' | 'hasConfigDrive' | 'diskConfig' | 'trustedCertificates'> {
  return {
    flavorId: referenceId(server.flavorRef), imageId: server.imageRef === '' ? undefined : server.imageRef, keyName: server.key_name ?? null,
    userData: server.user_data === undefined ? null : requireBase64(server.user_data), files: server.personality ?? [],
    hasConfigDrive: isTrue(server.config_drive) ?? false, diskConfig: server['OS-DCF:diskConfig'] ?? 'MANUAL',
    trustedCertificates: server.trusted_image_certificates ?? null,
  };
}

function accessOf(server: WireServer): Pick<ServerWish, 'accessIpV4' | 'accessIpV6' | 'adminPass' | 'asksReservation' | 'securityGroups'> {
  const groups = (server.security_groups ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));
  return {
    accessIpV4: server.accessIPv4 ?? '', accessIpV6: canonicalIpV6(server.accessIPv6 ?? ''), adminPass: server.adminPass,
    asksReservation: isTrue(server.return_reservation_id) ?? false, securityGroups: [...new Set(groups)],
  };
}

function placeOf(body: Body): Pick<ServerWish, 'zone' | 'host' | 'node' | 'group' | 'sameHost' | 'differentHost'> {
  const { server } = body;
  const hints = body['os:scheduler_hints'] ?? body['OS-SCH-HNT:scheduler_hints'] ?? {};
  return {
    zone: server.availability_zone, host: server.host, node: server.hypervisor_hostname,
    group: [hints.group].flat()[0], sameHost: [hints.same_host ?? []].flat(), differentHost: [hints.different_host ?? []].flat(),
  };
}

export function editFrom(server: BodyOf<typeof updateServer>['server']): ServerEdit {
  return {
    ...(server.name !== undefined && { name: server.name }),
    ...(server.description !== undefined && { description: server.description }),
    ...(server.hostname !== undefined && { hostname: server.hostname }),
    ...(server.accessIPv4 !== undefined && { accessIpV4: server.accessIPv4 }),
    ...(server.accessIPv6 !== undefined && { accessIpV6: canonicalIpV6(server.accessIPv6) }),
    ...(server['OS-DCF:diskConfig'] !== undefined && { diskConfig: server['OS-DCF:diskConfig'] }),
  };
}

/** The one form in which RFC 5952 writes an address; empty stays empty. */
export function canonicalIpV6(address: string): string {
  return address === '' ? '' : ipaddr.parse(address).toString();
}

/** A flavor's id, or the last part of a link to it. */
export function referenceId(reference: string | number): string {
  return String(reference).split('/').at(-1) ?? '';
}

/** Checks that text is base64 the way Python's decoder takes it: white space may stand anywhere. */
export function requireBase64(text: string): string {
  const bare = text.replaceAll(/\s/g, '');
  if (bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return text;
  throw new Invalid('compute.server.user-data', 'User data must be valid base64.');
}

function countOf(server: WireServer): { min: number; max: number } {
  const min = Number(server.min_count ?? 1);
  const max = Number(server.max_count ?? min);
  if (min > max) throw new Invalid('compute.server.counts', 'min_count must be <= max_count');
  return { min, max };
}

function networksOf({ networks }: WireServer): ServerWish['networks'] {
  if (networks === undefined) return 'default';
  if (networks === 'auto' || networks === 'none') return networks;
  const wanted = (networks as { uuid?: string; port?: string | null; fixed_ip?: string; tag?: string }[]).map((network) => ({
    networkId: network.uuid ?? null, portId: network.port ?? null, fixedIp: network.fixed_ip ?? null, tag: network.tag ?? null,
  }));
  return wanted.length === 0 ? 'default' : wanted.map(requireNamed);
}

function requireNamed<Wanted extends { networkId: string | null; portId: string | null; fixedIp: string | null }>(wanted: Wanted): Wanted {
  if (wanted.networkId === null && wanted.portId === null) {
    throw new Invalid('compute.server.network-request', 'Bad network format: missing \'uuid\'');
  }
  if (wanted.portId !== null && wanted.fixedIp !== null) {
    throw new Invalid('compute.server.network-request', `Specified Fixed IP '${wanted.fixedIp}' cannot be used with port '${wanted.portId}': the two cannot be specified together.`);
  }
  return wanted;
}
