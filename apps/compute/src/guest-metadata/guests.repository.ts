import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { onUnique, type Reader, type Tx } from '@virga/persistence';
import type { guestMetadata } from '@virga/contracts-compute';
import { zoneOf } from '../hosts/index.js';
import { ServerPasswordRow } from '../server-passwords/index.js';
import { PasswordSet, type Guest } from './guest.js';

interface GuestRow {
  id: string;
  project_id: string;
  name: string;
  hostname: string;
  flavor_name: string;
  image_id: string | null;
  key_name: string | null;
  public_key: string | null;
  metadata: Record<string, string>;
  user_data: string | null;
  files: Guest['files'];
  zone: string | null;
  reservation_id: string;
  launch_index: number;
  nics: Guest['nics'];
  disks: Guest['disks'] | null;
  local_disk_tags: Record<string, string>;
  pci_addresses: Record<string, string> | null;
  password: string | null;
}

@Injectable()
export class GuestsRepository {
  /**
   * The server that has this fixed address on this network, with all that its guest is told, in one statement; only one
   * that lives on the host that asks, or a host that was taken over could read what any guest is told (docs/adr/0004).
   */
  async find(db: Reader, { host, networkId, address }: guestMetadata.GuestRequest): Promise<Guest | undefined> {
    const rows = await db.sql<GuestRow>`
      SELECT s.id, s.project_id, s.name, s.hostname, s.flavor ->> 'name' AS flavor_name, s.image_id, s.key_name, r.public_key, s.metadata, r.user_data, r.files,
        s.reservation_id, s.launch_index, coalesce((SELECT ${zoneOf} FROM host h WHERE h.name = s.host), s.requested_zone) AS zone, w.encrypted AS password,
        (SELECT jsonb_agg(n.facts || jsonb_build_object('tag', n.tag) ORDER BY n.position) FROM server_nic n WHERE n.server_id = s.id AND NOT n.is_gone) AS nics,
        (SELECT jsonb_agg(jsonb_build_object('volumeId', d.volume_id, 'target', d.target, 'tag', d.tag) ORDER BY d.position) FROM block_device d
          WHERE d.server_id = s.id AND d.tag IS NOT NULL AND NOT d.is_aside AND d.state IN ('planned', 'attached', 'swapping')) AS disks, r.local_disk_tags, g.pci_addresses
      FROM server s JOIN server_request r ON r.server_id = s.id LEFT JOIN server_password w ON w.server_id = s.id
        LEFT JOIN guest_observation g ON g.server_id = s.id AND g.host = s.host
      WHERE s.deleted_at IS NULL AND s.host = ${host} AND s.id = (
        SELECT n.server_id FROM server_nic n
        WHERE NOT n.is_gone AND n.addresses @> ARRAY[${address}::text] AND n.facts ->> 'networkId' = ${networkId}
          AND EXISTS (SELECT FROM jsonb_array_elements(n.facts -> 'fixedIps') f WHERE f ->> 'ip' = ${address})
        ORDER BY n.position DESC LIMIT 1)`;
    const row = only(rows);
    if (row === undefined) return undefined;
    const localDisks = Object.entries(row.local_disk_tags).map(([target, tag]) => ({ volumeId: null, target, tag }));
    return {
      id: row.id, projectId: row.project_id, name: row.name, hostname: row.hostname, flavorName: row.flavor_name, imageId: row.image_id, keyName: row.key_name,
      publicKey: row.public_key, metadata: row.metadata, userData: row.user_data, files: row.files, zone: row.zone ?? '', reservationId: row.reservation_id,
      launchIndex: row.launch_index, nics: row.nics, disks: [...localDisks, ...row.disks ?? []], pciAddresses: row.pci_addresses ?? {}, password: row.password,
    };
  }

  async tellPassword(tx: Tx, id: string, encrypted: string): Promise<void> {
    await tx.insert(ServerPasswordRow, { server_id: id, encrypted }).catch(onUnique('server_password_pkey', () => new PasswordSet()));
  }
}
