import { Injectable } from '@nestjs/common';
import { newId, only, raise } from '@virga/kernel';
import { onUnique, type Reader, type Tx } from '@virga/persistence';
import type { Encryption, EncryptionSettings } from './encryption.js';
import { EncryptionExists, EncryptionUnknown } from './volume-type-faults.js';
import { VolumeTypeEncryptionRow } from './volume-type.row.js';

@Injectable()
export class TypeEncryptionRepository {
  async find(db: Reader, typeId: string): Promise<Encryption | undefined> {
    const row = only(await db.sql<VolumeTypeEncryptionRow>`SELECT * FROM volume_type_encryption WHERE type_id = ${typeId}`);
    return row && fromRow(row);
  }

  async insert(tx: Tx, typeId: string, { provider, cipher, keySize, controlLocation }: EncryptionSettings): Promise<Encryption> {
    const row = await tx.insert(VolumeTypeEncryptionRow, {
      type_id: typeId, encryption_id: newId(), provider, cipher, key_size: keySize, control_location: controlLocation,
    }).catch(onUnique('volume_type_encryption_pkey', () => new EncryptionExists(typeId)));
    return fromRow(row);
  }

  async update(tx: Tx, typeId: string, { provider, cipher, keySize, controlLocation }: EncryptionSettings): Promise<void> {
    const rows = await tx.sql`
      UPDATE volume_type_encryption SET provider = ${provider}, cipher = ${cipher}, key_size = ${keySize}, control_location = ${controlLocation}, updated_at = now()
      WHERE type_id = ${typeId} RETURNING type_id`;
    if (rows.length === 0) raise(new EncryptionUnknown(typeId));
  }

  async delete(tx: Tx, typeId: string): Promise<void> {
    const rows = await tx.sql`DELETE FROM volume_type_encryption WHERE type_id = ${typeId} RETURNING type_id`;
    if (rows.length === 0) raise(new EncryptionUnknown(typeId));
  }
}

function fromRow(row: VolumeTypeEncryptionRow): Encryption {
  return {
    typeId: row.type_id, id: row.encryption_id, provider: row.provider, cipher: row.cipher, keySize: row.key_size, controlLocation: row.control_location,
    createdAt: row.created_at, updatedAt: row.updated_at,
  };
}
