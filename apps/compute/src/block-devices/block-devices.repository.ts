import { Injectable } from '@nestjs/common';
import type { AttachmentFact } from '@virga/contracts-block-storage';
import { Conflict, isUuid, only, type AttachmentId, type ServerId, type VolumeId } from '@virga/kernel';
import { fragment, isOfTheDead, json, onUnique, type Reader, type Tx } from '@virga/persistence';
import { isNewer, type BlockDevice, type BlockDeviceId, type BlockDeviceState, type NewBlockDevice, type Told, type VolumeWish } from './block-device.js';
import { BlockDeviceRow } from './block-device.row.js';

/** Somebody took the place, or attached the same volume, in the same moment. */
export class BlockDeviceTaken extends Conflict {
  constructor() {
    super('compute.volume.device-taken', 'Another request has just taken the device, or attached this volume; try again.');
  }
}

/** The volumes of servers. Who changes a device's state has the operation that ends it, or is its server's. */
@Injectable()
export class BlockDevicesRepository {
  async insert(tx: Tx, devices: readonly NewBlockDevice[]): Promise<void> {
    if (devices.length === 0) return;
    const taken = (): BlockDeviceTaken => new BlockDeviceTaken();
    // One after the other: their positions are their order.
    for (const device of devices) {
      await tx.insertAll(BlockDeviceRow, [rowOf(device)]).catch(onUnique('block_device_target', taken)).catch(onUnique('block_device_volume', taken));
    }
  }

  /** The server's volumes in the order in which they came. */
  async list(db: Reader, serverId: ServerId): Promise<BlockDevice[]> {
    return (await db.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE server_id = ${serverId} ORDER BY position`).map(fromRow);
  }

  async ofServers(db: Reader, ids: readonly string[]): Promise<BlockDevice[]> {
    const rows = await db.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE server_id = ANY(${ids.filter(isUuid)}::uuid[]) ORDER BY server_id, position`;
    return rows.map(fromRow);
  }

  /** Those devices of the servers that were being reserved by processes that are gone. */
  async forsaken(db: Reader, ids: readonly ServerId[]): Promise<BlockDeviceId[]> {
    const rows = await db.sql<{ id: BlockDeviceId }>`SELECT id FROM block_device WHERE server_id = ANY(${[...ids]}::uuid[]) AND state = 'reserving' AND ${isOfTheDead}`;
    return rows.map(({ id }) => id);
  }

  /** The devices that a volume is, of whatever servers. */
  async ofVolume(db: Reader, volumeId: string): Promise<BlockDevice[]> {
    return (await db.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE volume_id = ${volumeId} ORDER BY position`).map(fromRow);
  }

  async find(db: Reader, id: BlockDeviceId): Promise<BlockDevice | undefined> {
    const row = only(await db.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE id = ${id}`);
    return row && fromRow(row);
  }

  async findByAttachment(db: Reader, attachmentId: string): Promise<BlockDevice | undefined> {
    const row = only(await db.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE attachment_id = ${attachmentId}`);
    return row && fromRow(row);
  }

  /** Moves the device on; false where somebody else has moved it meanwhile. */
  async become(tx: Tx, id: BlockDeviceId, from: readonly BlockDeviceState[], next: BlockDeviceState): Promise<boolean> {
    const rows = await tx.sql`UPDATE block_device SET state = ${next} WHERE id = ${id} AND state = ANY(${[...from]}) RETURNING id`;
    return rows.length > 0;
  }

  /** Every device of a server that has been built has been attached with it. */
  async settle(tx: Tx, serverId: ServerId): Promise<void> {
    await tx.sql`UPDATE block_device SET state = 'attached' WHERE server_id = ${serverId} AND state = 'planned'`;
  }

  /** Keeps block storage's words that are newer than what is known; answers whether anything was. */
  async note(tx: Tx, facts: readonly AttachmentFact[]): Promise<boolean> {
    let isChanged = false;
    // In one order everywhere: each takes a lock.
    for (const fact of facts.toSorted((one, other) => (one.id < other.id ? -1 : 1))) {
      const row = only(await tx.sql<Pick<BlockDeviceRow, 'attachment'>>`SELECT attachment FROM block_device WHERE attachment_id = ${fact.id} FOR UPDATE`);
      if (row === undefined || !isNewer(fact, row.attachment as AttachmentFact | null)) continue;
      await tx.sql`UPDATE block_device SET attachment = ${json(fact)} WHERE attachment_id = ${fact.id}`;
      isChanged = true;
    }
    return isChanged;
  }

  /** The size only grows. */
  async noteSize(tx: Tx, attachmentId: string, sizeBytes: number): Promise<void> {
    await tx.sql`UPDATE block_device SET size_bytes = greatest(size_bytes, ${sizeBytes}) WHERE attachment_id = ${attachmentId}`;
  }

  async noteTold(tx: Tx, id: BlockDeviceId, told: Told): Promise<void> {
    await tx.sql`UPDATE block_device SET told = ${json({ ...told })} WHERE id = ${id}`;
  }

  /** The device, kept from changing until the transaction ends. */
  async lock(tx: Tx, id: BlockDeviceId): Promise<BlockDevice | undefined> {
    const row = only(await tx.sql<BlockDeviceRow>`SELECT * FROM block_device WHERE id = ${id} FOR UPDATE`);
    return row && fromRow(row);
  }

  async setDeleteOnTermination(tx: Tx, id: BlockDeviceId, value: boolean): Promise<void> {
    await tx.sql`UPDATE block_device SET delete_on_termination = ${value} WHERE id = ${id}`;
  }

  /** `next` is in the place of `old`, with all that was wanted of it; `old` is going. */
  async swap(tx: Tx, old: BlockDeviceId, next: BlockDeviceId): Promise<void> {
    await tx.sql`UPDATE block_device SET is_aside = true, state = 'detaching' WHERE id = ${old}`;
    await tx.sql`
      UPDATE block_device n SET is_aside = false, state = 'attached', boot_index = o.boot_index, tag = o.tag, delete_on_termination = o.delete_on_termination
      FROM block_device o WHERE o.id = ${old} AND n.id = ${next}`;
  }

  /** The attachments are gone: nothing is left to remember. */
  async remove(tx: Tx, ids: readonly BlockDeviceId[]): Promise<void> {
    if (ids.length > 0) await tx.sql`DELETE FROM block_device WHERE id = ANY(${[...ids]}::uuid[])`;
  }

  /** Servers that have devices, or whose guests have volumes, in the order of their ids. */
  async servers(db: Reader, after: ServerId | undefined, limit: number): Promise<ServerId[]> {
    const rest = after === undefined ? fragment`TRUE` : fragment`server_id > ${after}`;
    const rows = await db.sql<{ server_id: ServerId }>`
      SELECT server_id FROM block_device WHERE ${rest}
      UNION SELECT server_id FROM guest_observation WHERE attachment_ids <> '{}' AND ${rest} ORDER BY server_id LIMIT ${limit}`;
    return rows.map(({ server_id }) => server_id);
  }
}

function rowOf(device: NewBlockDevice): Partial<BlockDeviceRow> {
  return {
    id: device.id, server_id: device.serverId, attachment_id: device.attachmentId, volume_id: device.volumeId, target: device.target,
    boot_index: device.bootIndex, tag: device.tag, delete_on_termination: device.deleteOnTermination, state: device.state, wish: device.wish,
    is_aside: device.isAside,
  };
}

function fromRow(row: BlockDeviceRow): BlockDevice {
  return {
    id: row.id as BlockDeviceId, serverId: row.server_id as ServerId, attachmentId: row.attachment_id as AttachmentId, volumeId: row.volume_id as VolumeId,
    target: row.target, bootIndex: row.boot_index, tag: row.tag, deleteOnTermination: row.delete_on_termination, state: row.state as BlockDeviceState, isAside: row.is_aside,
    wish: row.wish as VolumeWish | null, attachment: row.attachment as AttachmentFact | null,
    sizeBytes: row.size_bytes === null ? null : Number(row.size_bytes), told: row.told as Told | null, createdAt: row.created_at,
  };
}
