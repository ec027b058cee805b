import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Forbidden, newId, type Caller, type HostId, type ProjectId, type ServerId } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { QuotaExceeded, Quotas } from '@virga/quota';
import { BlockDevicesRepository } from '../block-devices/index.js';
import { newDevices } from './device-check.js';
import { CreateServer } from './operations/create-server.operation.js';
import { hostnameFor, type Server } from './server.js';
import type { ServerWish } from './server-input.js';
import type { NewServer } from './server-request.js';
import { ServersRepository } from './servers.repository.js';
import { WishCheck, type CheckedWish } from './wish-check.js';

/** What was accepted. */
export interface Accepted {
  servers: Server[];
  reservationId: string;
  asksReservation: boolean;
  diskConfig: string;
  securityGroups: string[];
  adminPass: string;
}

/** Accepts servers: everything is checked first, then written in one transaction together with the operations that build them. */
@Injectable()
export class CreateServers {
  constructor(
    private readonly db: Database,
    private readonly check: WishCheck,
    private readonly servers: ServersRepository,
    private readonly devices: BlockDevicesRepository,
    private readonly quotas: Quotas,
    private readonly operations: Operations,
  ) {}

  async create(caller: Caller, wish: ServerWish, signal: AbortSignal): Promise<Accepted> {
    const checked = await this.check.check(caller, wish, signal);
    const { projectId } = caller;
    if (projectId === undefined) throw new Forbidden('compute.server.no-project', 'A server belongs to a project: use a token that is scoped to one.');
    const reservationId = `r-${newReservation()}`;
    const servers = await this.db.transaction(async (tx) => {
      const count = await this.charge(tx, projectId, checked);
      const wanted = Array.from({ length: count }, (_, index) => newServer(caller, projectId, checked, { index, count, reservationId }));
      const made = await this.servers.insert(tx, wanted);
      await this.devices.insert(tx, wanted.flatMap(({ devices }) => devices));
      for (const server of made) await this.operations.start(tx, CreateServer, { serverId: server.id, generation: server.generation }, { on: server, by: caller });
      return made;
    });
    const { diskConfig, asksReservation, securityGroups } = wish;
    return { servers, reservationId, asksReservation, diskConfig, securityGroups: securityGroups.length === 0 ? ['default'] : securityGroups, adminPass: wish.adminPass ?? newPassword() };
  }

  /** As many as the quota allows, if that is at least the wanted minimum. */
  private async charge(tx: Tx, project: ProjectId, checked: CheckedWish): Promise<number> {
    const { min, max } = checked.wish.count;
    try {
      await this.quotas.charge(tx, { project }, chargeFor(checked, max));
      return max;
    } catch (error) {
      const fitting = error instanceof QuotaExceeded ? fittingCount(error, checked) : 0;
      if (fitting < min) throw error;
      await this.quotas.charge(tx, { project }, chargeFor(checked, fitting));
      return fitting;
    }
  }
}

/** What one server of the wish counts, by the resources that grow with their number. */
function perServer({ flavor }: CheckedWish): Record<string, number> {
  return { instances: 1, cores: flavor.vcpus, ram: flavor.memoryMebibytes };
}

function chargeFor(checked: CheckedWish, count: number): Record<string, number> {
  const { wish } = checked;
  const longest = (texts: string[]): number => Math.max(0, ...texts.map((text) => Buffer.byteLength(text)));
  return {
    ...Object.fromEntries(Object.entries(perServer(checked)).map(([name, amount]) => [name, amount * count])),
    metadata_items: Object.keys(wish.metadata).length,
    injected_files: wish.files.length,
    injected_file_content_bytes: longest(wish.files.map(({ contents }) => Buffer.from(contents, 'base64').toString('latin1'))),
    injected_file_path_bytes: longest(wish.files.map(({ path }) => path)),
  };
}

function fittingCount({ exceeded }: QuotaExceeded, checked: CheckedWish): number {
  const each = perServer(checked);
  return Math.min(...Object.entries(exceeded).map(([name, { limit, used }]) => (each[name] === undefined ? 0 : Math.floor((limit - used) / each[name]))));
}

function newServer(
  caller: Caller, projectId: ProjectId, { wish, flavor, boot, nics, securityGroupIds, publicKey, placement }: CheckedWish,
  { index, count, reservationId }: { index: number; count: number; reservationId: string },
): NewServer {
  const id = newId<'server'>() as ServerId;
  const name = count > 1 ? `${wish.name}-${index + 1}` : wish.name;
  const hostname = wish.hostname === undefined ? hostnameFor(name, id) : count > 1 ? `${wish.hostname}-${index + 1}` : wish.hostname;
  return {
    id, projectId, userId: caller.userId, name, description: wish.description === wish.name ? name : wish.description, hostname, flavor,
    image: boot.image, isVolumeBacked: boot.isVolumeBacked, devices: newDevices(id, boot.devices), keyName: wish.keyName, metadata: wish.metadata, tags: wish.tags, requestedZone: placement.zone, accessIpV4: wish.accessIpV4, accessIpV6: wish.accessIpV6,
    diskConfig: wish.diskConfig, hasConfigDrive: wish.hasConfigDrive, trustedCertificates: wish.trustedCertificates, reservationId, launchIndex: index,
    groupId: placement.groupId,
    request: {
      userData: wish.userData, publicKey, files: wish.files, nics, securityGroupIds, localDiskTags: boot.localDiskTags, host: placement.host as HostId | null, node: placement.node,
      hints: { sameHost: wish.sameHost, differentHost: wish.differentHost, ...(boot.isVolumeBacked && { properties: boot.properties }) },
    },
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Without letters that look alike. */
const PASSWORD_LETTERS = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

const pick = (letters: string, count: number): string => Array.from({ length: count }, () => letters[randomInt(letters.length)]).join('');
const newReservation = (): string => pick(LETTERS, 8);
/** What the reply shows where none was given; nothing keeps it. */
export const newPassword = (): string => pick(PASSWORD_LETTERS, 12);
