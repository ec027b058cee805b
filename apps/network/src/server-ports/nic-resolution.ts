import { Inject, Injectable } from '@nestjs/common';
import type { CallReply, CallRequest } from '@virga/contract';
import type { WantedNic, resolveNics } from '@virga/contracts-network';
import { raise } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { QuotaExceeded, Quotas } from '@virga/quota';
import { contains, formatIp, parseCidr, parseIp, rangeOf, type Cidr } from '../addresses/index.js';
import { NetworkNotFound } from '../networks/index.js';
import { PortNotFound } from '../ports/index.js';
import { Realizer, units } from '../realization/index.js';
import { DefaultGroup, SecurityGroupNotFound, SecurityGroupsRepository } from '../security-groups/index.js';
import {
  DuplicatePort, ExternalNetworkAttachForbidden, FixedIpInUse, FixedIpInvalid, NetworkAmbiguous, NetworkRequiresSubnet, NothingWanted, PortInUse, PortRequiresFixedIP,
  SecurityGroupAmbiguous, SeveralServersOnePort,
} from './faults.js';
import { ServerPortsRepository, type CandidateNetwork, type CandidatePort } from './server-ports.repository.js';

type Request = CallRequest<typeof resolveNics>;
type Asked = Exclude<Request['networks'], string>[number];

/** The groups that servers' ports come under. */
@Injectable()
export class ServerGroups {
  constructor(
    @Inject(Database) private readonly db: Database, private readonly groups: SecurityGroupsRepository, private readonly defaultGroup: DefaultGroup,
    private readonly realizer: Realizer,
  ) {}

  /** The ids of the project's groups of these names or ids; of its default group where none are named. */
  async idsOf(project: string, names: readonly string[]): Promise<string[]> {
    const isDefaultMeant = names.length === 0 || names.includes('default');
    const defaultId = isDefaultMeant ? await this.ensureDefault(project) : undefined;
    if (names.length === 0) return defaultId === undefined ? [] : [defaultId];
    const found = await this.groups.named(this.db, project, names);
    return [...new Set(names.map((name) => {
      const byId = found.find((group) => group.id === name);
      if (byId !== undefined) return byId.id;
      const matches = found.filter((group) => group.name === name);
      if (matches.length > 1) throw new SecurityGroupAmbiguous(name);
      return matches[0]?.id ?? raise(new SecurityGroupNotFound(name));
    }))];
  }

  private async ensureDefault(project: string): Promise<string> {
    const known = await this.groups.defaultOf(this.db, project);
    if (known !== undefined) return known;
    const id = await this.db.transaction((tx) => this.defaultGroup.ensure(tx, project));
    await this.realizer.settleNow(units('security-group', [id]));
    return id;
  }
}

/** Checks what a server's creator asks for, before anything is made. Makes nothing but the project's default group. */
@Injectable()
export class NicResolution {
  constructor(
    @Inject(Database) private readonly db: Database, private readonly ports: ServerPortsRepository, private readonly groups: ServerGroups, private readonly quotas: Quotas,
  ) {}

  async resolve(request: Request): Promise<CallReply<typeof resolveNics>> {
    const securityGroupIds = await this.groups.idsOf(request.projectId, request.securityGroups);
    const nics = await this.nics(request);
    await this.requireQuota(request, nics);
    return { nics, securityGroupIds };
  }

  private async nics(request: Request): Promise<WantedNic[]> {
    if (request.networks === 'none') return [];
    if (request.networks !== 'auto') return this.named(request, request.networks);
    const networks = await this.ports.usualNetworks(request.projectId);
    if (networks.length > 1) throw new NetworkAmbiguous();
    return networks.map((network) => ({ index: 0, networkId: network.id, portId: null, fixedIp: null, tag: null }));
  }

  private async named(request: Request, asked: readonly Asked[]): Promise<WantedNic[]> {
    const portIds = asked.flatMap(({ portId }) => portId ?? []);
    const networks = new Map((await this.ports.networks(asked.flatMap(({ networkId }) => networkId ?? []))).map((network) => [network.id, network]));
    const ports = new Map((portIds.length === 0 ? [] : await this.ports.ports(portIds)).map((port) => [port.id, port]));
    requireOnce(portIds);
    if (request.serverCount > 1 && asked.some(({ portId, fixedIp }) => portId !== null || fixedIp !== null)) throw new SeveralServersOnePort();
    const nics = asked.map((nic, index): WantedNic => {
      if (nic.portId !== null) return { index, networkId: null, portId: usablePort(request, nic.portId, ports.get(nic.portId)).id, fixedIp: null, tag: nic.tag };
      if (nic.networkId === null) throw new NothingWanted(index);
      const network = usableNetwork(request, nic.networkId, networks.get(nic.networkId));
      return { index, networkId: network.id, portId: null, fixedIp: nic.fixedIp === null ? null : ipOn(network, nic.fixedIp), tag: nic.tag };
    });
    await this.requireFree(nics);
    return nics;
  }

  private async requireFree(nics: readonly WantedNic[]): Promise<void> {
    const fixed = nics.filter((nic) => nic.fixedIp !== null);
    if (fixed.length === 0) return;
    const taken = await this.ports.takenIps(fixed.flatMap(({ networkId }) => networkId ?? []), fixed.flatMap(({ fixedIp }) => fixedIp ?? []));
    const busy = fixed.find(({ networkId, fixedIp }) => taken.has(`${networkId} ${fixedIp}`));
    if (busy !== undefined) throw new FixedIpInUse(busy.fixedIp ?? '');
  }

  /** Says early what `ensurePorts` would say late; the charge itself is made there. */
  private async requireQuota(request: Request, nics: readonly WantedNic[]): Promise<void> {
    const requested = nics.filter((nic) => nic.portId === null).length * request.serverCount;
    const { port } = await this.quotas.standings(this.db, { project: request.projectId }, ['port']);
    if (port !== undefined && requested > 0 && port.limit >= 0 && port.used + requested > port.limit) throw new QuotaExceeded({ port: { ...port, requested } });
  }
}

function requireOnce(portIds: readonly string[]): void {
  const twice = portIds.find((id, index) => portIds.indexOf(id) !== index);
  if (twice !== undefined) throw new DuplicatePort(twice);
}

function usablePort(request: Request, id: string, port: CandidatePort | undefined): CandidatePort {
  if (port === undefined || (port.project_id !== request.projectId && !request.isAdmin)) throw new PortNotFound(id);
  if (port.device_id !== '') throw new PortInUse(id);
  if (!port.has_ip) throw new PortRequiresFixedIP(id);
  return port;
}

function usableNetwork(request: Request, id: string, network: CandidateNetwork | undefined): CandidateNetwork {
  if (network === undefined || !isVisible(request, network)) throw new NetworkNotFound(id);
  if (network.is_external && !network.is_shared && !request.isAdmin) throw new ExternalNetworkAttachForbidden(id);
  if (network.cidrs.length === 0 && network.port_security_enabled) throw new NetworkRequiresSubnet(id);
  return network;
}

function isVisible(request: Request, network: CandidateNetwork): boolean {
  return network.project_id === request.projectId || network.is_shared || network.is_external || request.isAdmin;
}

function ipOn(network: CandidateNetwork, text: string): string {
  const ip = parseIp(text);
  if (ip === undefined || !network.cidrs.some((cidr) => contains(rangeOf(parseCidr(cidr) as Cidr), ip))) throw new FixedIpInvalid(text, network.id);
  return formatIp(ip);
}
