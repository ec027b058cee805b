import { openCredentials, purposeOf, sealCredentials, hostCredentialsKey, type ExportAddress, type RbdAddress, type VolumeKey } from '@virga/ports';
import { refused } from '@virga/driver-volume-file/disks';
import { userOf, type AttachmentUsers } from './attachment-users.js';
import type { Catalog, ExportRecord, VolumeRecord } from './catalog.js';
import type { CephTools } from './ceph/ceph-tools.js';

interface MonitorMap {
  mons: { public_addrs: { addrvec: { type: string; addr: string }[] } }[];
}

/** A guest that was restarted more often than this had its first clients long ago: what they were given has expired. */
const MOST_ADDRESSES = 16;

/**
 * The ways of guests to their images.
 *
 * Theory of operation. An export is recorded first, then its user is made, then what opens it is sealed for its host and
 * recorded: so a user without a record cannot be, and an export that broke off before is one without an address, which
 * `observe` says. Taking one away goes the other way round: its record is the last to go.
 */
export class Exports {
  private constructor(
    private readonly catalog: Catalog,
    private readonly users: AttachmentUsers,
    private readonly pool: string,
    private readonly secret: Buffer,
    private readonly monitors: RbdAddress['monitors'],
  ) {}

  static async open(parts: { ceph: CephTools; catalog: Catalog; users: AttachmentUsers; secret: Buffer }, signal: AbortSignal): Promise<Exports> {
    const { ceph, catalog, users, secret } = parts;
    const { mons } = await ceph.cephJson<MonitorMap>(['mon', 'dump'], signal);
    // The newer protocol where a monitor speaks both.
    const monitors = mons.flatMap(({ public_addrs: { addrvec } }) => {
      const found = addrvec.find(({ type }) => type === 'v2') ?? addrvec[0];
      return found === undefined ? [] : [endpointOf(found.addr)];
    });
    return new Exports(catalog, users, ceph.access.pool, secret, monitors);
  }

  addressOf(volume: VolumeRecord, record: ExportRecord): ExportAddress | undefined {
    if (record.sealed === undefined) return undefined;
    const { pool, monitors } = this;
    return { kind: 'rbd', monitors, pool, image: volume.image, user: userOf(record.attachmentId), isEncrypted: volume.keyId !== undefined, sealed: record.sealed };
  }

  /** The volume's record must hold the export already. */
  async ensure(volume: VolumeRecord, record: ExportRecord, key: VolumeKey | undefined, signal: AbortSignal): Promise<ExportAddress> {
    const user = userOf(record.attachmentId);
    const storeKey = await this.users.ensure(user, volume.image, record.isReadOnly, signal);
    const hostKey = hostCredentialsKey(this.secret, record.host);
    const purpose = purposeOf({ pool: this.pool, image: volume.image, user });
    if (!isSealed(record.sealed, storeKey, hostKey, purpose)) {
      if (volume.keyId !== undefined && key === undefined) throw refused('the volume is encrypted and its key was not given');
      const sealed = sealCredentials({ key: storeKey, ...(key && { passphrase: key.passphrase }) }, hostKey, purpose);
      return this.ensureRecorded(volume, { ...record, sealed });
    }
    return this.ensureRecorded(volume, record);
  }

  /** Cuts off whoever came this way, and then takes the export out of its volume's record. */
  async withdraw(volume: VolumeRecord, record: ExportRecord, signal: AbortSignal): Promise<void> {
    const others = volume.exports.filter(({ attachmentId }) => attachmentId !== record.attachmentId);
    await this.users.cut(userOf(record.attachmentId), volume.image, { seenAt: record.seenAt ?? [], isAlone: others.length === 0 }, signal);
    await this.catalog.volumes.put({ ...volume, exports: others });
  }

  /** Notes where clients are, for the day on which they have to be cut off and cannot be seen. */
  async noteClients(locked: (volume: VolumeRecord, work: () => Promise<void>) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.catalog.volumes.all().every(({ exports }) => exports.length === 0)) return;
    const sessions = await this.users.sessions(signal);
    for (const { id } of this.catalog.volumes.all().filter((volume) => hasNew(volume, sessions))) {
      const seen = this.catalog.volumes.find(id);
      if (seen === undefined) continue;
      await locked(seen, async () => {
        const volume = this.catalog.volumes.find(id);
        if (volume && hasNew(volume, sessions)) await this.catalog.volumes.put({ ...volume, exports: volume.exports.map((record) => noted(record, sessions)) });
      });
    }
  }

  private async ensureRecorded(volume: VolumeRecord, record: ExportRecord): Promise<ExportAddress> {
    const exports = volume.exports.map((other) => (other.attachmentId === record.attachmentId ? record : other));
    const changed = { ...volume, exports };
    await this.catalog.volumes.put(changed);
    const address = this.addressOf(changed, record);
    if (address === undefined) throw new Error('An export was recorded without what opens it.');
    return address;
  }
}

/** Sealing anew would change the address of an export whose user is the same. */
function isSealed(sealed: string | undefined, storeKey: string, hostKey: Buffer, purpose: string): sealed is string {
  if (sealed === undefined) return false;
  try {
    return openCredentials(sealed, hostKey, purpose).key === storeKey;
  } catch {
    // The secret of storage hosts has changed: nobody could open it any more.
    return false;
  }
}

function noted(record: ExportRecord, sessions: Map<string, string[]>): ExportRecord {
  const now = sessions.get(userOf(record.attachmentId)) ?? [];
  return now.length === 0 ? record : { ...record, seenAt: [...new Set([...record.seenAt ?? [], ...now])].slice(-MOST_ADDRESSES) };
}

const hasNew = (volume: VolumeRecord, sessions: Map<string, string[]>): boolean =>
  volume.exports.some((record) => noted(record, sessions).seenAt?.join() !== record.seenAt?.join());

function endpointOf(address: string): { address: string; port: number } {
  const at = address.lastIndexOf(':');
  return { address: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
