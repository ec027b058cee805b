import type { AttachmentId } from '@virga/kernel';
import type { ImageName } from './catalog.js';
import { ABSENT, CephFailure, INVALID, type CephTools } from './ceph/ceph-tools.js';
import type { ImageIdentity, Images } from './images.js';

interface MonitorSession {
  entity_name: string;
  addrs: { addrvec: { addr: string; nonce: number }[] };
}

/**
 * For how long a client that was cut off is refused.
 *
 * Too low: tickets that it was given before its user was removed would still be taken after that; Ceph's live for an hour
 * (`auth_service_ticket_ttl`). Too high: the cluster's map, which every client has, remembers more of them.
 */
const REFUSED_FOR_SECONDS = 4 * 60 * 60;

export const userOf = (attachmentId: AttachmentId): string => `virga-${attachmentId}`;

/**
 * Ceph's users, one for each export, who can open one image and nothing else.
 *
 * Theory of operation. A user's key opens the image from anywhere, so it is only ever told to the one host that it is for.
 * Removing a user refuses whoever comes later; whoever is there already has tickets for up to an hour, and is refused by its
 * address. Addresses come from three places: the monitors, with whom every living client has a session; the image's
 * watchers and its lock, which a client that ever wrote leaves behind however it ended; and what was noted of these
 * while the export lasted.
 */
export class AttachmentUsers {
  constructor(private readonly ceph: CephTools, private readonly images: Images) {}

  /** The user's key; the user is made where there is none, and may do what the export may. */
  async ensure(user: string, image: ImageName, isReadOnly: boolean, signal: AbortSignal): Promise<string> {
    const caps = ['mon', 'profile rbd', 'osd', await this.capabilities(image, isReadOnly, signal)];
    const getOrCreate = (): Promise<{ key: string }[]> => this.ceph.cephJson(['auth', 'get-or-create', `client.${user}`, ...caps], signal);
    const [made] = await getOrCreate().catch(async (error: unknown) => {
      if (!(error instanceof CephFailure && error.errno === INVALID)) throw error;
      // It exists and may do something else: the image was read through others then.
      await this.ceph.ceph(['auth', 'caps', `client.${user}`, ...caps], signal);
      return getOrCreate();
    });
    if (made === undefined) throw new Error('Ceph made a user and told no key.');
    return made.key;
  }

  /**
   * After this, no client of that user reaches the pool any more. `isAlone` where nobody else may have the image: then whoever
   * has it open or locked is refused, whatever name it came under.
   */
  async cut(user: string, image: ImageName, { seenAt, isAlone }: { seenAt: string[]; isAlone: boolean }, signal: AbortSignal): Promise<void> {
    await this.ceph.ceph(['auth', 'rm', `client.${user}`], signal).catch((error: unknown) => {
      if (!(error instanceof CephFailure && error.errno === ABSENT)) throw error;
    });
    // Only now: nobody can come after this who is not among them.
    const [sessions, holders] = await Promise.all([this.sessions(signal), isAlone ? this.holdersOf(image, signal) : []]);
    for (const address of new Set([...seenAt, ...sessions.get(user) ?? [], ...holders])) {
      await this.ceph.ceph(['osd', 'blocklist', 'add', address, String(REFUSED_FOR_SECONDS)], signal);
    }
    if (isAlone) await this.breakLocks(image, signal);
  }

  /** Where the clients of each user are now, by its name without `client.`. */
  async sessions(signal: AbortSignal): Promise<Map<string, string[]>> {
    const { quorum_names: monitors } = await this.ceph.cephJson<{ quorum_names: string[] }>(['quorum_status'], signal);
    const found = new Map<string, string[]>();
    for (const monitor of monitors) {
      for (const { entity_name: entity, addrs } of await this.ceph.cephJson<MonitorSession[]>(['tell', `mon.${monitor}`, 'sessions'], signal)) {
        const user = entity.startsWith('client.') ? entity.slice('client.'.length) : entity;
        const addresses = addrs.addrvec.map(({ addr, nonce }) => `${addr}/${nonce}`);
        found.set(user, [...new Set([...found.get(user) ?? [], ...addresses])]);
      }
    }
    return found;
  }

  private async holdersOf(image: ImageName, signal: AbortSignal): Promise<string[]> {
    const { watchers } = await this.ceph.rbdJson<{ watchers: { address: string }[] }>(['status', image], signal);
    return [...watchers, ...await this.locksOf(image, signal)].map(({ address }) => address);
  }

  /** Otherwise the next writer would wait for a holder that cannot answer. */
  private async breakLocks(image: ImageName, signal: AbortSignal): Promise<void> {
    for (const { id, locker } of await this.locksOf(image, signal)) {
      await this.ceph.rbd(['lock', 'rm', image, id, locker], signal).catch((error: unknown) => {
        if (!(error instanceof CephFailure && error.errno === ABSENT)) throw error;
      });
    }
  }

  private locksOf(image: ImageName, signal: AbortSignal): Promise<{ id: string; locker: string; address: string }[]> {
    return this.ceph.rbdJson(['lock', 'ls', image], signal);
  }

  private async capabilities(image: ImageName, isReadOnly: boolean, signal: AbortSignal): Promise<string> {
    const line: (ImageIdentity & { name: ImageName })[] = [];
    for (let name: ImageName | undefined = image; name !== undefined; name = line.at(-1)?.parent) line.push({ name, ...await this.images.identity(name, signal) });
    const [own, ...below] = line;
    if (own === undefined) throw new Error('An image has no identity.');
    const allow = (what: string, prefix: string): string => `allow ${what} pool=${this.ceph.access.pool} object_prefix ${prefix}`;
    const write = isReadOnly ? 'r' : 'rw';
    return [
      allow(`${write}x`, `rbd_data.${own.id}.`),
      // QEMU opens images as a watcher, which is a kind of writing to the header, also those that it will only read.
      allow('rwx', `rbd_header.${own.id}`),
      allow(`${write}x`, `rbd_object_map.${own.id}`),
      allow('rx', `rbd_id.${own.name}`),
      allow('rx', 'rbd_info'),
      // Where the name of an image that it is read through stands.
      ...(below.length > 0 ? [allow('rx', 'rbd_directory')] : []),
      ...below.flatMap(({ id }) => [allow('r', `rbd_data.${id}.`), allow('rx', `rbd_header.${id}`), allow('rx', `rbd_object_map.${id}`)]),
    ].join(', ');
  }
}
