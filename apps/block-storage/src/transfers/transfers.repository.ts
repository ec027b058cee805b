import { Injectable } from '@nestjs/common';
import { newId, only, raise } from '@virga/kernel';
import { type KeysetColumn, type Reader, type Tx, all, fragment, keyset, markerValues, onUnique } from '@virga/persistence';
import { TransferRow } from './transfer.row.js';
import { TransferImpossible, TransferUnknown, type KeyHash, type Transfer } from './transfer.js';

export interface NewTransfer {
  volumeId: string;
  name: string | null;
  leavesSnapshots: boolean;
  sourceProjectId: string;
  kept: KeyHash;
}

/** Which transfers are wanted, and in which order. */
export interface TransferList {
  /** Undefined for those of all projects. */
  projectId: string | undefined;
  name: string | undefined;
  sort: readonly KeysetColumn[];
  limit: number;
  offset: number;
  marker: string | undefined;
}

/** A transfer lives as long as it is neither accepted nor withdrawn and its volume is there. */
const living = fragment`t.ended_at IS NULL AND EXISTS (SELECT FROM volume v WHERE v.id = t.volume_id AND v.deleted_at IS NULL)`;

@Injectable()
export class TransfersRepository {
  async insert(tx: Tx, { volumeId, name, leavesSnapshots, sourceProjectId, kept }: NewTransfer): Promise<Transfer> {
    const row = await tx.insert(TransferRow, {
      id: newId(), volume_id: volumeId, name, leaves_snapshots: leavesSnapshots, source_project_id: sourceProjectId, salt: kept.salt, key_hash: kept.hash,
    }).catch(onUnique('transfer_one_per_volume', () => new TransferImpossible('status must be available')));
    return fromRow(row);
  }

  async find(db: Reader, id: string): Promise<Transfer | undefined> {
    const row = only(await db.sql<TransferRow>`SELECT t.* FROM transfer t WHERE t.id = ${id} AND ${living}`);
    return row === undefined ? undefined : fromRow(row);
  }

  /** The transfer, which nobody else accepts or withdraws until the transaction ends, and what opens it. */
  async lock(tx: Tx, id: string): Promise<{ transfer: Transfer; kept: KeyHash }> {
    const row = only(await tx.sql<TransferRow>`SELECT t.* FROM transfer t WHERE t.id = ${id} AND ${living} FOR UPDATE`) ?? raise(new TransferUnknown(id));
    return { transfer: fromRow(row), kept: { salt: row.salt, hash: row.key_hash } };
  }

  async list(db: Reader, { projectId, name, sort, limit, offset, marker }: TransferList): Promise<Transfer[]> {
    const { after, order } = keyset(sort, marker === undefined ? undefined : markerValues('transfer', sort, { id: marker }));
    const where = all([
      living, after,
      ...(projectId === undefined ? [] : [fragment`t.source_project_id = ${projectId}`]),
      ...(name === undefined ? [] : [fragment`t.name = ${name}`]),
    ]);
    const rows = await db.sql<TransferRow>`SELECT t.* FROM transfer t WHERE ${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`;
    return rows.map(fromRow);
  }

  /** The volume has another owner now. */
  async accept(tx: Tx, id: string, destinationProjectId: string): Promise<void> {
    await tx.sql`UPDATE transfer SET is_accepted = true, destination_project_id = ${destinationProjectId}, ended_at = now() WHERE id = ${id}`;
  }

  async withdraw(tx: Tx, id: string): Promise<void> {
    await tx.sql`UPDATE transfer SET ended_at = now() WHERE id = ${id}`;
  }
}

function fromRow(row: TransferRow): Transfer {
  return {
    id: row.id, volumeId: row.volume_id, name: row.name, leavesSnapshots: row.leaves_snapshots, sourceProjectId: row.source_project_id,
    destinationProjectId: row.destination_project_id, isAccepted: row.is_accepted, createdAt: row.created_at,
  };
}
