import { Injectable } from '@nestjs/common';
import {
  createAttachNetwork, createAttachVolume, createForcedHost, createRequestedDestination, createServer, createTrustedCertificates, createZeroDiskFlavor,
} from '@virga/contracts-compute';
import type { WantedNic } from '@virga/contracts-network';
import { Invalid, isUuid, NotFound, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { FlavorsRepository, type Flavor } from '../flavors/index.js';
import { HostsRepository } from '../hosts/index.js';
import { ImageCalls, requireFits, seedFrom, type SeedImage } from '../images/index.js';
import { KeypairsRepository } from '../keypairs/index.js';
import { NetworkCalls } from '../network/index.js';
import { ServerGroupsRepository } from '../server-groups/index.js';
import { DeviceCheck, type CheckedDevices } from './device-check.js';
import type { ServerWish } from './server-input.js';

/** A wish of which everything that it names exists and may be used. */
export interface CheckedWish {
  wish: ServerWish;
  flavor: Flavor;
  boot: CheckedDevices;
  nics: WantedNic[];
  securityGroupIds: string[];
  publicKey: string | null;
  placement: { zone: string | null; host: string | null; node: string | null; groupId: string | null };
}

class WishInvalid extends Invalid {}

/** What a wish refers to, beside flavors and images: kept together because each is asked once. */
@Injectable()
export class NamedThings {
  constructor(readonly flavors: FlavorsRepository, readonly keypairs: KeypairsRepository, readonly hosts: HostsRepository, readonly groups: ServerGroupsRepository) {}
}

/** Checks a creator's wish before anything is written: policy first, then what it names, then what other services say. */
@Injectable()
export class WishCheck {
  constructor(
    private readonly db: Database,
    private readonly policy: Policy,
    private readonly things: NamedThings,
    private readonly images: ImageCalls,
    private readonly network: NetworkCalls,
    private readonly devices: DeviceCheck,
  ) {}

  async check(caller: Caller, wish: ServerWish, signal: AbortSignal): Promise<CheckedWish> {
    const target = { project_id: caller.projectId, user_id: caller.userId, availability_zone: wish.zone };
    this.requireAllowed(caller, wish, target);
    const placement = await this.placement(caller, wish, target);
    const flavor = await this.flavor(caller, wish);
    const publicKey = await this.publicKey(caller, wish);
    const [boot, { nics, securityGroupIds }] = await Promise.all([this.devices.check(caller, wish, flavor, signal), this.nics(caller, wish, signal)]);
    if (flavor.rootGibibytes === 0 && !boot.isVolumeBacked) this.policy.require(caller, createZeroDiskFlavor, target);
    return { wish, flavor, boot, nics, securityGroupIds, publicKey, placement };
  }

  /** An image that can be booted with this flavor. */
  async image(caller: Caller, imageId: string, flavor: Flavor, signal: AbortSignal): Promise<SeedImage> {
    const image = await this.images.describe(caller, imageId, signal);
    const seed = seedFrom(image);
    requireFits(image, flavor);
    return seed;
  }

  /** The caller's own public key of a name; null where none is named. */
  async publicKey(caller: Caller, { keyName }: Pick<ServerWish, 'keyName'>): Promise<string | null> {
    if (keyName === null) return null;
    return await this.things.keypairs.findPublicKey(this.db, caller.userId, keyName) ?? raise(new WishInvalid('compute.keypair.unknown', 'Invalid key_name provided.'));
  }

  private requireAllowed(caller: Caller, wish: ServerWish, target: Record<string, unknown>): void {
    this.policy.require(caller, createServer.policy, target);
    if (wish.trustedCertificates !== null) this.policy.require(caller, createTrustedCertificates, target);
    if (wish.host !== undefined || wish.node !== undefined) this.policy.require(caller, createRequestedDestination, target);
    if (wish.devices.some(({ destination }) => destination === 'volume')) this.policy.require(caller, createAttachVolume, target);
    if (Array.isArray(wish.networks)) this.policy.require(caller, createAttachNetwork, target);
  }

  private async placement(caller: Caller, wish: ServerWish, target: Record<string, unknown>): Promise<CheckedWish['placement']> {
    const groupId = await this.groupId(caller, wish.group);
    const { zone, host: forcedHost, node: forcedNode } = parseZone(wish.zone);
    if (forcedHost === null && forcedNode === null) {
      await this.requireZone(zone);
      await this.requireHost(wish.host ?? null);
      return { zone, host: wish.host ?? null, node: wish.node ?? null, groupId };
    }
    this.policy.require(caller, createForcedHost, target);
    if (wish.host !== undefined || wish.node !== undefined) {
      throw new WishInvalid('compute.zone.host-twice', 'One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are mutually exclusive.');
    }
    await this.requireHost(forcedHost);
    // A host says where the server goes; a zone that it is not in would only be a contradiction (Nova ignores it as well).
    return { zone: null, host: forcedHost, node: forcedNode, groupId };
  }

  private async requireZone(zone: string | null): Promise<void> {
    if (zone !== null && !(await this.things.hosts.isZone(this.db, zone))) {
      throw new WishInvalid('compute.zone.unknown', 'The requested availability zone is not available');
    }
  }

  private async requireHost(host: string | null): Promise<void> {
    if (host !== null && (await this.things.hosts.find(this.db, host)) === undefined) throw new WishInvalid('compute.host.unknown', `Compute host ${host} could not be found.`);
  }

  private async groupId(caller: Caller, group: string | undefined): Promise<string | null> {
    if (group === undefined) return null;
    const found = isUuid(group) ? await this.things.groups.find(this.db, group) : undefined;
    if (found === undefined || found.projectId !== caller.projectId) throw new WishInvalid('compute.server-group.unknown', `Instance group ${group} could not be found.`);
    return found.id;
  }

  private async flavor(caller: Caller, wish: ServerWish): Promise<Flavor> {
    const flavor = await this.things.flavors.findUsable(this.db, wish.flavorId, { project: caller.projectId, isAdmin: caller.roles.has('admin') });
    if (flavor === undefined || flavor.isDisabled) throw new WishInvalid('compute.flavor.unknown', `Flavor ${wish.flavorId} could not be found.`);
    return flavor;
  }

  private async nics(caller: Caller, wish: ServerWish, signal: AbortSignal): Promise<{ nics: WantedNic[]; securityGroupIds: string[] }> {
    const request = {
      projectId: caller.projectId ?? '', isAdmin: caller.roles.has('admin'), securityGroups: wish.securityGroups, serverCount: wish.count.max,
      networks: wish.networks === 'default' ? 'auto' as const : wish.networks,
    };
    const resolved = await this.network.resolve(request, { signal }).catch(badReference);
    // Before networks had to be said, a project without any got a server without any.
    if (wish.networks === 'auto' && resolved.nics.length === 0) {
      throw new WishInvalid('compute.server.network-request', 'Unable to automatically allocate a network: the project has none that it can use.');
    }
    return resolved;
  }
}

/** `zone`, `zone:host`, `zone:host:node` or `zone::node`. */
function parseZone(text: string | undefined): { zone: string | null; host: string | null; node: string | null } {
  const parts = text?.split(':') ?? [];
  if (parts.length > 3) throw new WishInvalid('compute.zone.malformed', 'Unable to parse availability_zone');
  const [zone = '', host = '', node = ''] = parts;
  return { zone: zone || null, host: host || null, node: node || null };
}

/** A network, port or group that does not exist is a wrong value of this request: 400, as Nova says. */
function badReference(error: unknown): never {
  throw error instanceof NotFound ? new WishInvalid('compute.server.network-request', error.message, { cause: error }) : error;
}
